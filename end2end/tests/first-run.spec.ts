// From a console that has nothing to its first application: the steps follow what there is.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';
import { setUp, startConsole } from './console';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not the worker's demo: a console without anything.
test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });

const here = dirname(fileURLToPath(import.meta.url));
const binary = process.env.SLIPWAY_BIN ?? join(here, '../../target/debug/slipway');

test('an empty console leads to its first application, step by step', async ({ page }) => {
  test.setTimeout(180_000);
  const console = await startConsole();
  let agent: ChildProcess | undefined;
  try {
    await setUp(page, console);
    const steps = page.getByRole('list', { name: 'First steps' });
    const now = steps.locator('[aria-current="step"]');
    const picture = page.getByRole('img', { name: /^The lanes\./ });
    await expect(page.getByRole('heading', { name: 'Connect your first environment' })).toBeVisible();
    await expect(steps.getByRole('listitem')).toHaveCount(4);
    await expect(now).toContainText('Register an environment');
    await expect(picture).toHaveAttribute('aria-label', /Development: not registered; Quality: not registered/);
    for (const [scheme, width] of [
      ['light', 1440],
      ['dark', 1440],
      ['light', 390],
    ] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1440, height: 900 });

    // The same stands on the page Environments, and the keyboard leads on.
    await page.goto(`${console.url}/environments`);
    await hydrated(page);
    await expect(now).toContainText('Register an environment');
    await now.getByRole('link', { name: 'Register environment' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Register an environment' });
    await dialog.getByLabel('Name').fill('Workshop');
    await dialog.getByRole('button', { name: 'Register environment' }).click();
    const joining = page.getByRole('dialog', { name: 'Join an agent to Workshop' });
    const command = await joining.getByTestId('join-command').innerText();
    await joining.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('article', { name: 'Workshop' })).toBeVisible();

    await page.getByRole('link', { name: 'Applications', exact: true }).first().click();
    await expect(page.getByRole('heading', { name: 'Connect Workshop' })).toBeVisible();
    await expect(now).toContainText('Join the agent of Workshop');
    await expect(picture).toHaveAttribute('aria-label', /Workshop: not joined yet/);

    // The agent joins while the page is looked at.
    const folder = join(console.data, 'first-agent');
    execFileSync(binary, [...command.split(' ').slice(1), '--data', folder]);
    agent = spawn(binary, ['agent', '--data', folder, '--listen', '127.0.0.1:0'], { stdio: 'ignore' });
    await expect(now).toContainText('Publish an application');
    await expect(now.locator('code')).toContainText(`--console ${console.url} --environment Workshop .`);
    await expect(picture).toHaveAttribute('aria-label', /Workshop: connected, nothing published yet/);
    await expectAccessible(page);
    await now.getByRole('button', { name: 'Make a token' }).press('Enter');
    const tokens = page.getByRole('dialog', { name: 'Tokens' });
    await tokens.getByLabel('New token').fill('first');
    await tokens.getByRole('button', { name: 'Create token' }).click();
    const token = await tokens.getByTestId('token').innerText();
    await tokens.getByRole('button', { name: 'Done' }).click();

    // And with the first application, the matrix is there.
    const sample = join(console.data, 'sample');
    execFileSync(binary, ['sample', '--output', sample]);
    execFileSync(binary, ['publish', '--console', console.url, '--environment', 'Workshop', join(sample, 'harbour-ui')], {
      env: { ...process.env, SLIPWAY_TOKEN: token },
    });
    await expect(page.getByRole('rowheader', { name: 'Harbour UI' })).toBeVisible();
    await expect(steps).toBeHidden();
  } finally {
    agent?.kill('SIGINT');
    await console.stop();
  }
});

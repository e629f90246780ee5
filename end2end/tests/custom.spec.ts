// Single modules of an application: chosen in a dialog, checked and run alone; the others stay as
// the target has them, and the version there shows a plus. What is replaced by a later plan comes back.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test, type RunningDemo } from '../fixtures';
import { addApplication, newPlan, row } from './plan-story';

const binary = process.env.SLIPWAY_BIN ?? join(dirname(fileURLToPath(import.meta.url)), '../../target/debug/slipway');
const id = (last: number) => `019b76da-a800-7000-8000-00000000b0${last}`;

/** *Suite* with two static modules of this content. */
function publish(demo: RunningDemo, content: string): void {
  const folder = join(demo.data, 'own', 'suite');
  const modules = ['Mail', 'Calendar'].map((name, at) => {
    const path = name.toLowerCase();
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, 'index.html'), `<!doctype html><title>${name}</title><p>${content}</p>`);
    return `[[module]]\nid = "${id(11 + at)}"\nname = "${name}"\nkind = "static"\npath = "${path}"\nurl_path = "/suite-${path}"\n`;
  });
  writeFileSync(join(folder, 'slipway.toml'), `[application]\nid = "${id(10)}"\nname = "Suite"\n${modules.join('')}`);
  const beside = ['--data', demo.data, '--account', demo.username];
  const token = execFileSync(binary, ['token', 'create', ...beside, '--name', `suite ${Date.now()}`, '--days', '1'], {
    encoding: 'utf8',
  }).trim();
  execFileSync(binary, ['publish', '--console', demo.url, '--environment', 'Development', folder], {
    env: { ...process.env, SLIPWAY_TOKEN: token.split('\n').pop() },
    stdio: 'pipe',
  });
}

test('single modules are chosen, and only they change', async ({ page, demo, context }) => {
  test.setTimeout(240_000);
  publish(demo, 'first');
  await newPlan(page, demo);
  await addApplication(page, 'Suite');
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });

  publish(demo, 'second');
  const number = await newPlan(page, demo);
  await addApplication(page, 'Suite');
  const choice = page.getByRole('combobox', { name: 'What to do with Suite' });
  const before = await choice.inputValue();
  await choice.selectOption({ label: 'Deploy Custom…' });
  const dialog = page.getByRole('dialog', { name: 'Deploy single modules of Suite' });
  await expect(dialog.getByRole('row').filter({ hasText: 'Calendar' })).toBeVisible();
  // Both were changed since the tag, and differ from what the target has.
  await expect(dialog.getByRole('img', { name: 'changed since the tag' })).toHaveCount(2);
  await expect(dialog.getByText('another state')).toHaveCount(2);
  await expect(dialog.getByRole('button', { name: 'Deploy custom' })).toHaveAttribute('aria-disabled', 'true');
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 900 });
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width: 1440, height: 900 });

  // Who changes their mind has changed nothing.
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(choice).toHaveValue(before);

  await choice.selectOption({ label: 'Deploy Custom…' });
  await dialog.getByRole('checkbox', { name: 'Mail' }).check();
  await dialog.getByRole('button', { name: 'Deploy 1 module' }).click();
  await expect(dialog).toBeHidden();
  await expect(choice.locator('option:checked')).toHaveText('Deploy Custom (1 of 2)');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await expect(row(page, 'Suite').getByRole('img', { name: 'changed since this tag' }).last()).toBeVisible();
  await expectAccessible(page);

  // It is kept, and can be changed again.
  await page.reload();
  await hydrated(page);
  await expect(choice.locator('option:checked')).toHaveText('Deploy Custom (1 of 2)');
  await page.getByRole('button', { name: 'Choose modules of Suite' }).click();
  await expect(dialog.getByRole('checkbox', { name: 'Mail' })).toBeChecked();
  await expect(dialog.getByRole('checkbox', { name: 'Calendar' })).not.toBeChecked();
  await page.keyboard.press('Escape');

  await page.goto(`${demo.url}/plans/${number}/changes`);
  await hydrated(page);
  const differs = page.getByRole('list', { name: 'Applications that differ' });
  await expect(differs).toContainText('Mail');
  await expect(differs).not.toContainText('Calendar');

  await page.goto(`${demo.url}/plans/${number}`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('single modules').first()).toBeVisible();
  const quality = demo.environments[1]!;
  expect(await (await context.request.get(`${quality.url}/suite-mail/`)).text()).toContain('second');
  expect(await (await context.request.get(`${quality.url}/suite-calendar/`)).text()).toContain('first');

  // Reuse keeps the choice.
  await page.getByRole('button', { name: 'Reuse Plan' }).click();
  const reuse = page.getByRole('dialog', { name: /^Reuse Plan/ });
  await expect(reuse.getByText('Same modules')).toBeVisible();
  await page.keyboard.press('Escape');

  // A later plan replaces the mix, which was never tagged; rolled back, it is as it was.
  publish(demo, 'third');
  const later = await newPlan(page, demo);
  await addApplication(page, 'Suite');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Roll back…' }).click();
  const back = page.getByRole('dialog', { name: `Roll back plan #${later}` });
  await expect(back.getByText('0.1 + comes back, tagged 0.1.1')).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 900 });
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await back.getByRole('button', { name: 'Continue' }).click();
  await expect(row(page, 'Suite')).toContainText('0.1.1');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in .* Brought Suite 0\.1\.1 to Quality/)).toBeVisible({ timeout: 60_000 });
  expect(await (await context.request.get(`${quality.url}/suite-mail/`)).text()).toContain('second');
  expect(await (await context.request.get(`${quality.url}/suite-calendar/`)).text()).toContain('first');
});

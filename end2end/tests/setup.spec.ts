// The first start: a one-time token makes the administrator's account, and then never again.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';
import { setUp, startConsole } from './console';

// Not the worker's demo: its sign-in and address.
test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });

test('the first account is made with the token of the terminal, once', async ({ page }) => {
  const console = await startConsole();
  try {
    await page.goto(`${console.url}/plans`);
    await expect(page).toHaveURL(`${console.url}/setup`);
    await hydrated(page);
    for (const [scheme, width] of [
      ['light', 1440],
      ['dark', 1440],
      ['light', 390],
      ['dark', 390],
    ] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1440, height: 900 });

    // Everything that is wrong is said at once, beside its field.
    await page.getByRole('button', { name: 'Make the account' }).click();
    const summary = page.getByRole('alert').filter({ hasText: 'The account was not made.' });
    await expect(summary.getByRole('link')).toHaveCount(4);
    await expect(summary).toBeFocused();

    await page.getByLabel('Set-up token').fill('AAAAA-BBBBB-CCCCC-DDDDD');
    await page.getByLabel('Your name').fill('Ada Quill');
    await page.getByLabel('User name').fill('ada');
    await page.getByLabel('Password', { exact: true }).fill('Correct-Horse-7');
    await page.getByLabel('Password again').fill('Correct-Horse-8');
    await page.getByRole('button', { name: 'Make the account' }).click();
    await expect(summary).toContainText('The two passwords differ');
    await page.getByLabel('Password again').fill('Correct-Horse-7');
    const refused = page.waitForEvent('console', (message) => /status of 400/.test(message.text()));
    await page.getByRole('button', { name: 'Make the account' }).click();
    await expect(summary).toContainText('This is not the set-up token.');
    await refused;

    await setUp(page, console);
    await page.goto(`${console.url}/setup`);
    await expect(page).toHaveURL(`${console.url}/applications`);
  } finally {
    await console.stop();
  }
});

test.afterEach(async ({ said }) => {
  // The wrong token, which was tried on purpose.
  said.splice(0, said.length, ...said.filter((line) => !/status of 400/.test(line)));
});

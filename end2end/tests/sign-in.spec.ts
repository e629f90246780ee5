// Signing in: what is missing, what is wrong, and the pause after too many tries.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';
import { another, fillSignIn, setUp, startConsole, type Console } from './console';

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });
// The pause comes last: it holds for everybody at this address.
test.describe.configure({ mode: 'serial' });

let slipway: Console;
test.beforeAll(async ({ browser }) => {
  slipway = await startConsole();
  const { context, page } = await another(browser);
  await setUp(page, slipway);
  await context.close();
});
test.afterAll(() => slipway.stop());

for (const [scheme, width] of [
  ['light', 1440],
  ['dark', 390],
] as const) {
  test(`is accessible and fits, ${scheme}, ${width} px`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${slipway.url}/sign-in`);
    await hydrated(page);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText('Enter your user name.')).toBeVisible();
    await expect(page.getByLabel('User name')).toBeFocused();
    await page.getByLabel('User name').fill('ada');
    await page.keyboard.press('Enter');
    await expect(page.getByText('Enter your password.')).toBeVisible();
    await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
    await expectAccessible(page);
  });
}

test('a wrong password is said, then sign-in pauses, and both are accessible', async ({ page }) => {
  await page.goto(`${slipway.url}/sign-in`);
  await fillSignIn(page, 'ada', 'not-the-password');
  const verdict = page.locator('#sign-in-verdict');
  await expect(verdict).toContainText('User name or password is wrong.');
  await expectAccessible(page);
  const button = page.getByRole('button', { name: /^(Sign in|Try again)/ });
  for (let count = 0; count < 10 && !(await button.innerText()).startsWith('Try again'); count += 1) {
    const answered = page.waitForResponse(/sign_in/);
    await page.getByLabel('Password', { exact: true }).fill('not-the-password');
    await page.keyboard.press('Enter');
    await answered;
    await expect(verdict).not.toBeEmpty();
  }
  await expect(verdict).toContainText('Sign-in is paused.');
  await expect(button).toHaveText(/^Try again in/);
  // The time goes on beside it; what is read out stands still.
  const read = await verdict.innerText();
  const left = await button.innerText();
  await expect(button).not.toHaveText(left);
  expect(await verdict.innerText()).toBe(read);
  await expectAccessible(page);
});

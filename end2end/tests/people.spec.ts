// Accounts, standings, tokens, passwords, and what a page says when its session is over.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';
import { another, apartFromRefusals, chooseOwn, fillSignIn, invited, PASSWORD, setUp, startConsole, type Console } from './console';

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });
test.describe.configure({ mode: 'serial' });

let slipway: Console;
test.beforeAll(async ({ browser }) => {
  slipway = await startConsole();
  const { context, page } = await another(browser);
  await setUp(page, slipway);
  await context.close();
});
test.afterAll(() => slipway.stop());

async function asAda(page: import('@playwright/test').Page): Promise<void> {
  await page.goto(`${slipway.url}/sign-in`);
  await fillSignIn(page, 'ada');
  await expect(page.getByRole('heading', { level: 1, name: 'Applications' })).toBeVisible();
}

test('a viewer joins with a link, is refused with reasons, is promoted without a reload, and put out', async ({ page, browser }) => {
  await asAda(page);
  await page.getByRole('link', { name: 'Accounts' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Accounts' })).toBeVisible();
  await expect(page.getByRole('row', { name: /Ada Quill \(you\)/ })).toContainText('Administrator');

  await page.getByRole('button', { name: 'Add account' }).click();
  const add = page.getByRole('dialog', { name: 'Add an account' });
  await expectAccessible(page);
  await add.getByLabel('Name', { exact: true }).fill('Ben Okafor');
  await add.getByLabel('User name').fill('ben');
  await add.getByRole('button', { name: 'Add account' }).click();
  const link = page.getByRole('dialog', { name: 'A link for Ben Okafor' });
  const address = (await link.getByTestId('password-link').innerText()).trim();
  expect(address).toMatch(new RegExp(`^${slipway.url}/set-password#\\S{40,}$`));
  await expectAccessible(page);
  await link.getByRole('button', { name: 'Done' }).click();
  const row = page.getByRole('row', { name: /Ben Okafor/ });
  await expect(row).toContainText('Waits for its password');

  // Ben, in a browser of his own.
  const ben = await another(browser);
  await ben.page.goto(address);
  await hydrated(ben.page);
  await expect(ben.page.getByText('who signs in as ben')).toBeVisible();
  await expectAccessible(ben.page);
  await ben.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await ben.page.getByLabel('Password again').fill(PASSWORD);
  await ben.page.getByRole('button', { name: 'Set password and sign in' }).click();
  await expect(ben.page.getByRole('heading', { level: 1, name: 'Applications' })).toBeVisible();
  await expect(row).toContainText('Active');

  // He may look; controls say why not more.
  await expect(ben.page.getByRole('link', { name: 'Accounts' })).toHaveCount(0);
  await ben.page.goto(`${slipway.url}/environments`);
  await hydrated(ben.page);
  const register = ben.page.getByRole('button', { name: /^Register environment/ }).first();
  await expect(register).toHaveAttribute('aria-disabled', 'true');
  await expect(register).toHaveAttribute('title', /Your standing is Viewer\. To manage environments .* Administrator/);
  await register.click({ force: true });
  await expect(ben.page.getByRole('dialog')).toHaveCount(0);
  await ben.page.goto(`${slipway.url}/plans`);
  await hydrated(ben.page);
  // He may prepare plans (preparing.spec.ts).
  const create = ben.page.getByRole('button', { name: /^Create new deployment plan/ }).or(ben.page.getByRole('link', { name: 'Create new deployment plan' })).first();
  await expect(create).not.toHaveAttribute('aria-disabled', 'true');
  await ben.page.goto(`${slipway.url}/accounts`);
  await expect(ben.page.getByText(/Your standing is Viewer\. To manage accounts/).first()).toBeVisible();
  await ben.page.goto(`${slipway.url}/environments`);
  await hydrated(ben.page);

  // A new standing holds at once, in the page that is open.
  for (const [standing, refused] of [['administrator', false], ['release manager', true]] as const) {
    await page.getByRole('button', { name: 'Change Ben Okafor' }).click();
    await page.getByRole('menuitem', { name: `Make ${standing}…` }).click();
    const change = page.getByRole('dialog', { name: `Make Ben Okafor ${standing}?` });
    await expectAccessible(page);
    await change.getByRole('button', { name: 'Change the standing' }).click();
    await expect(row).toContainText(new RegExp(standing, 'i'));
    if (refused) await expect(register).toHaveAttribute('title', /Your standing is Release manager/);
    else await expect(register).not.toHaveAttribute('aria-disabled', 'true');
  }
  await ben.page.goto(`${slipway.url}/plans`);
  await hydrated(ben.page);

  // The only administrator stays one.
  await page.getByRole('button', { name: 'Change Ada Quill' }).click();
  await expect(page.getByRole('menuitem', { name: /^Make viewer/ })).toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.press('Escape');

  // Put out: the page says so by itself, and leads back once he may come in again.
  await page.getByRole('button', { name: 'Change Ben Okafor' }).click();
  await page.getByRole('menuitem', { name: 'Deactivate…' }).click();
  await page.getByRole('dialog', { name: 'Deactivate Ben Okafor?' }).getByRole('button', { name: 'Deactivate' }).click();
  await expect(row).toContainText('Deactivated');
  await expect(ben.page).toHaveURL(`${slipway.url}/sign-in?next=/plans&ended`);
  await fillSignIn(ben.page, 'ben');
  await expect(ben.page.getByText('User name or password is wrong.')).toBeVisible();
  await page.getByRole('button', { name: 'Change Ben Okafor' }).click();
  await page.getByRole('menuitem', { name: 'Activate…' }).click();
  await page.getByRole('dialog', { name: 'Activate Ben Okafor?' }).getByRole('button', { name: 'Activate' }).click();
  await expect(row).toContainText('Active');
  await fillSignIn(ben.page, 'ben');
  await expect(ben.page).toHaveURL(`${slipway.url}/plans`);

  expect(apartFromRefusals(ben.said).filter((line) => !/status of 403/.test(line))).toEqual([]);
  await ben.context.close();
});

test('a guest sees nothing until an administrator says otherwise, and then at once', async ({ page, browser }) => {
  await asAda(page);
  await page.getByRole('link', { name: 'Accounts' }).click();
  const gil = await invited(page, browser, { name: 'Gil Arno', login: 'gil', standing: 'Guest: May sign in and sees nothing' });
  await expect(gil.page).toHaveURL(`${slipway.url}/applications`);
  for (const path of ['/applications', '/plans', '/plans/1', '/environments']) {
    await gil.page.goto(`${slipway.url}${path}`);
    await hydrated(gil.page);
    await expect(gil.page.getByText(/Your standing is Guest\. To see applications and plans one needs to be Viewer or above/).first()).toBeVisible();
    await expect(gil.page.locator('.toast')).toHaveCount(0);
  }
  await expectAccessible(gil.page);

  await page.getByRole('button', { name: 'Change Gil Arno' }).click();
  await page.getByRole('menuitem', { name: 'Make viewer…' }).click();
  await page.getByRole('dialog', { name: 'Make Gil Arno viewer?' }).getByRole('button', { name: 'Change the standing' }).click();
  await expect(gil.page.getByRole('heading', { name: 'Production' }).or(gil.page.getByText(/No environment/)).first()).toBeVisible();
  expect(apartFromRefusals(gil.said).filter((line) => !/status of 403/.test(line))).toEqual([]);
  await gil.context.close();
});

test('tokens are made, shown once and revoked', async ({ page, request }) => {
  await asAda(page);
  await chooseOwn(page, 'Tokens');
  const dialog = page.getByRole('dialog', { name: 'Tokens' });
  await expect(dialog).toContainText('You have no tokens yet.');
  await dialog.getByLabel('New token').fill('build server');
  await dialog.getByLabel('Ends').selectOption('In a year');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  const token = (await dialog.getByTestId('token').innerText()).trim();
  expect(token).toMatch(/^slw_\S{43}$/);
  await expect(dialog.getByRole('button', { name: 'Copy the token' })).toBeVisible();
  const row = dialog.getByRole('row', { name: /build server/ });
  await expect(row).toContainText('Never');
  await expectAccessible(page);
  const landscape = () => request.get(`${slipway.url}/api/v1/landscape`, { headers: { authorization: `Bearer ${token}` } });
  expect((await landscape()).status()).toBe(200);

  // Only this once.
  await dialog.getByRole('button', { name: 'Done' }).click();
  await chooseOwn(page, 'Tokens');
  await expect(row).toContainText(/ago/);
  await expect(dialog.getByTestId('token')).toHaveCount(0);
  await row.getByRole('button', { name: 'Revoke build server' }).click();
  const confirm = page.getByRole('dialog', { name: 'Revoke build server?' });
  await confirm.getByRole('button', { name: 'Keep the token' }).click();
  await expect(row).toBeVisible();
  await row.getByRole('button', { name: 'Revoke build server' }).click();
  await confirm.getByRole('button', { name: 'Revoke token' }).click();
  await expect(dialog).toContainText('You have no tokens yet.');
  expect((await landscape()).status()).toBe(401);
});

test('a changed password ends the other browsers, which say so and lead back', async ({ page, browser, said }) => {
  const next = 'Battery-Staple-8';
  await asAda(page);
  const elsewhere = await another(browser);
  await asAda(elsewhere.page);
  await elsewhere.page.goto(`${slipway.url}/plans?search=x`);
  await hydrated(elsewhere.page);

  await chooseOwn(page, 'Change password');
  const dialog = page.getByRole('dialog', { name: 'Change password' });
  await expectAccessible(page);
  await dialog.getByLabel('Current password').fill('Wrong-Password-1');
  await dialog.getByLabel('New password', { exact: true }).fill(next);
  await dialog.getByLabel('New password again').fill(next);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog.getByText('This is not your password. 2 more tries before a pause.').first()).toBeVisible();
  await dialog.getByLabel('Current password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Password changed')).toBeVisible();
  await expect(dialog).toBeHidden();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Applications' })).toBeVisible();

  await expect(elsewhere.page).toHaveURL(`${slipway.url}/sign-in?next=/plans%3Fsearch%3Dx&ended`);
  await fillSignIn(elsewhere.page, 'ada', next);
  await expect(elsewhere.page).toHaveURL(`${slipway.url}/plans?search=x`);
  expect(apartFromRefusals(elsewhere.said)).toEqual([]);
  await elsewhere.context.close();
  // The wrong password, which was tried on purpose.
  said.splice(0, said.length, ...said.filter((line) => !/status of 400/.test(line)));

  // As it was, for whoever comes after.
  await chooseOwn(page, 'Change password');
  await dialog.getByLabel('Current password').fill(next);
  await dialog.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await dialog.getByLabel('New password again').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog).toBeHidden();
});

for (const [theme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as const) {
  test(`Accounts is accessible and fits in ${theme} at ${width}`, async ({ page }) => {
    await asAda(page);
    await page.goto(`${slipway.url}/accounts`);
    await hydrated(page);
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width, height: 900 });
    await expect(page.getByRole('row', { name: /Ada Quill/ })).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
}

// While the page is not live, nothing that changes something can be begun, and each control says why.

import { expect, hydrated, test } from '../fixtures';
import { chooseOwn } from './console';

const STREAM = '**/-/live*';
const REASON = /not connected to the console/;

test.beforeEach(async ({ page }) => {
  await page.route(STREAM, (route) => route.abort());
  await page.goto('/applications');
  await hydrated(page);
  await expect(page.getByText(/^Not live/)).toBeVisible();
});

test.afterEach(async ({ page, said }) => {
  await page.unroute(STREAM);
  // What the browser itself says of the stream that was cut.
  said.splice(0, said.length, ...said.filter((line) => !/ERR_FAILED/.test(line)));
});

test('no plan begins in the matrix', async ({ page }) => {
  const head = page.locator('.lh-act a').first();
  const cell = page.locator('a.rail-go').first();
  await page.getByRole('checkbox', { name: /^Select (?!all)/ }).first().check();
  const selected = page.getByRole('region', { name: 'Selection' }).getByRole('link').first();
  for (const link of [head, cell, selected]) {
    await expect(link).toHaveAttribute('aria-disabled', 'true');
    await expect(link).toHaveAttribute('title', REASON);
    await link.focus();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/applications$/);
  }
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('d');
  await expect(page).toHaveURL(/\/applications$/);

  // And it does as soon as the page is live again.
  await page.unroute(STREAM);
  await page.getByRole('button', { name: 'Try now' }).click();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(selected).not.toHaveAttribute('aria-disabled', 'true');
  await head.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/plans\/new\?/);
});

test('neither a password is changed nor a token made', async ({ page }) => {
  let asked = 0;
  for (const name of ['change_password', 'create_token']) {
    await page.route(`**/api/${name}`, (route) => {
      asked += 1;
      return route.abort();
    });
  }
  await chooseOwn(page, 'Change password');
  const password = page.getByRole('dialog', { name: 'Change password' });
  await password.getByLabel('Current password').fill('Whatever-it-was-1');
  await password.getByLabel('New password', { exact: true }).fill('Correct-Horse-7');
  await password.getByLabel('New password again').fill('Correct-Horse-7');
  await expect(password.getByRole('button', { name: 'Change password' })).toHaveAttribute('title', REASON);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Enter');
  await page.keyboard.press('Escape');
  await chooseOwn(page, 'Tokens');
  const tokens = page.getByRole('dialog', { name: 'Tokens' });
  await tokens.getByLabel('New token').fill('never made');
  await expect(tokens.getByRole('button', { name: 'Create token' })).toHaveAttribute('title', REASON);
  await page.keyboard.press('Enter');
  // The list is there, whatever other tests have made, and this one is not in it.
  await expect(tokens.getByText('You have no tokens yet.').or(tokens.getByRole('table'))).toBeVisible();
  await expect(tokens.getByRole('row', { name: /never made/ })).toHaveCount(0);
  expect(asked).toBe(0);
});

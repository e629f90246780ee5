// The matrix: what it shows, how it is filtered, and that it works from the keyboard.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';

test.beforeEach(async ({ page }) => {
  await page.goto('/applications');
  await hydrated(page);
});

test('shows every application in every environment, and counts what can be done', async ({ page, demo }) => {
  const table = page.getByRole('table', { name: /Version of each application/ });
  await expect(table).toBeVisible();
  for (const environment of demo.environments) {
    await expect(table.getByRole('columnheader', { name: new RegExp(`^${environment.name}`) })).toContainText('Online');
  }
  for (const name of demo.applications) {
    await expect(table.getByRole('rowheader', { name, exact: false }).first()).toBeVisible();
  }
  const tabs = page.getByRole('tablist', { name: 'Saved views' });
  await expect(tabs.getByRole('tab', { name: /^All/ })).toContainText(String(demo.applications.length));
  await expect(tabs.getByRole('tab')).toHaveCount(7);
});

test('keeps search, kind, tab and order in the address, and Back undoes them one by one', async ({ page, demo }) => {
  const wanted = demo.applications[demo.applications.length - 1];
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type(wanted, { delay: 15 });
  await expect(page).toHaveURL(new RegExp(`search=${encodeURIComponent(wanted)}`));
  await expect(page.locator('tr.row')).toHaveCount(1);
  await page.getByRole('button', { name: 'Last change' }).click();
  await expect(page).toHaveURL(/sort=last-change/);
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole('searchbox')).toHaveValue(wanted);
  await expect(page.locator('tr.row')).toHaveCount(1);
  await page.goBack();
  await expect(page).not.toHaveURL(/sort=/);
  await page.goBack();
  await expect(page).not.toHaveURL(/search=/);
  await expect(page.getByRole('searchbox')).toHaveValue('');
  await expect(page.locator('tr.row')).toHaveCount(demo.applications.length);
  await page.getByRole('tab', { name: /^Can move/ }).click();
  await expect(page).toHaveURL(/tab=can-move/);
  await page.getByLabel('Kind').selectOption({ label: 'Library' });
  await expect(page).toHaveURL(/tab=can-move&kind=library/);
});

test('says what was looked for when nothing matches, and clears the filters', async ({ page, demo }) => {
  await page.getByRole('searchbox').fill('no such application');
  await expect(page.getByRole('heading', { name: 'No application matches these filters' })).toBeVisible();
  await expect(page.getByText(/search “no such application”/)).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(page.locator('tr.row')).toHaveCount(demo.applications.length);
  await expect(page).toHaveURL(/\/applications$/);
});

test('filters by producer and consumer by name', async ({ page, demo }) => {
  await page.getByRole('button', { name: 'Consumer of' }).click();
  const field = page.getByLabel('Consumer of which application');
  await expect(field).toBeFocused();
  await field.fill(demo.applications[0]);
  await field.press('Enter');
  await expect(page).toHaveURL(new RegExp(`consumer-of=${encodeURIComponent(demo.applications[0])}`));
  await expect(page.getByRole('button', { name: `Remove the filter Consumer of ${demo.applications[0]}` })).toBeVisible();
  await page.getByRole('button', { name: /Remove the filter/ }).click();
  await expect(page).not.toHaveURL(/consumer-of/);
  await page.goto('/applications?producer-of=Nobody');
  await expect(page.getByRole('heading', { name: /No application is called “Nobody”/ })).toBeVisible();
});

test('works from the keyboard: cursor, selection, opening', async ({ page }) => {
  await page.locator('main').focus();
  await page.keyboard.press('j');
  await expect(page.locator('#row-0')).toHaveClass(/cursor/);
  await page.keyboard.press('j');
  await expect(page.locator('#row-1 a.app')).toBeFocused();
  await page.keyboard.press('x');
  const bar = page.getByRole('region', { name: 'Selection' });
  await expect(bar).toContainText('1 selected');
  await page.keyboard.press('Shift+J');
  await expect(bar).toContainText('2 selected');
  await expect(bar.getByRole('link', { name: /Deploy to/ }).first()).toHaveAttribute(
    'href',
    /\/plans\/new\?source=.+&target=.+&applications=[0-9a-f-]{36},[0-9a-f-]{36}$/,
  );
  await page.keyboard.press('Escape');
  await expect(bar).toBeHidden();
  await page.keyboard.press('j');
  const name = await page.locator('#row-0 a.app').innerText();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: name.trim() })).toBeVisible();
});

for (const [theme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 1024],
  ['light', 390],
  ['dark', 390],
] as const) {
  test(`is accessible and fits in ${theme} at ${width}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width, height: 900 });
    await expect(page.locator('tr.row').first()).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
}

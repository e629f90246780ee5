// The panel of advanced filters of the plan list: each filter is in the address and a chip, filters
// are kept under a name, and the list is a file.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { addApplication, newPlan, saved, verdict } from './plan-story';

const panel = (page: Page) => page.getByRole('region', { name: 'Advanced filters' });
const toggle = (page: Page) => page.getByRole('button', { name: 'Advanced filters', exact: true });
const plans = (page: Page) => page.getByRole('region', { name: 'Plans', exact: true });
const plan = (page: Page, number: number) => page.locator(`[data-plan="${number}"]`);
const noMatch = (page: Page) => page.getByText('No plan matches these filters');

test('every filter goes into the address, is a chip, and comes back with it', async ({ page, demo }) => {
  // The demo's first plan brought everything from Development to Quality.
  const [source, target, other] = demo.environments;
  const application = 'Harbour UI';
  await page.goto('/plans');
  await hydrated(page);
  await expect(toggle(page)).toHaveAttribute('aria-expanded', 'false');
  await toggle(page).click();
  await expect(toggle(page)).toHaveAttribute('aria-expanded', 'true');
  await expect(page).toHaveURL(/filters=open/);

  const fields = panel(page);
  await fields.getByLabel('Source', { exact: true }).selectOption(source!.name);
  await fields.getByLabel('Target', { exact: true }).selectOption(target!.name);
  await fields.getByLabel('Status', { exact: true }).selectOption('finished');
  await fields.getByLabel('Kind', { exact: true }).selectOption('ordinary');
  await fields.getByLabel('Application', { exact: true }).fill(application);
  await fields.getByLabel('Application', { exact: true }).press('Enter');
  await expect(page).toHaveURL(/application=/);
  await fields.getByLabel('Created from', { exact: true }).fill('2020-01-01');
  await expect(page).toHaveURL(/created-from=2020-01-01/);
  await fields.getByLabel('Created to', { exact: true }).fill('2099-12-30');
  await expect(page).toHaveURL(/created-to=2099-12-30/);
  await fields.getByLabel('Finished from', { exact: true }).fill('2020-01-02');
  await expect(page).toHaveURL(/finished-from=2020-01-02/);
  await fields.getByLabel('Finished to', { exact: true }).fill('2099-12-31');
  await expect(page).toHaveURL(/finished-to=2099-12-31/);
  await fields.getByLabel('Version', { exact: true }).fill('9.4');
  await fields.getByLabel('Version', { exact: true }).press('Enter');
  await expect(page).toHaveURL(/version=9\.4&/);
  await fields.getByLabel('Created or run by', { exact: true }).selectOption(demo.username);
  await expect(page).toHaveURL(new RegExp(`by=${demo.username}&`));
  await fields.getByLabel('Warnings', { exact: true }).selectOption('Without warnings');
  await expect(page).toHaveURL(/warnings=no&/);
  for (const part of [`source=${source!.name}`, `target=${target!.name}`, 'status=finished', 'kind=ordinary']) {
    expect(page.url()).toContain(part);
  }
  await expect(plan(page, 1)).toBeVisible();
  await expect(fields.getByRole('status').filter({ hasText: /match/ })).toBeVisible();

  // Another browser that opens the address sees the same.
  await page.reload();
  await hydrated(page);
  await expect(plan(page, 1)).toBeVisible();
  await expect(fields.getByLabel('Source', { exact: true })).toHaveValue(source!.name);
  await expect(fields.getByLabel('Application', { exact: true })).toHaveValue(application);
  for (const [label, value] of [
    ['Created from', '2020-01-01'],
    ['Created to', '2099-12-30'],
    ['Finished from', '2020-01-02'],
    ['Finished to', '2099-12-31'],
    ['Version', '9.4'],
    ['Created or run by', demo.username],
    ['Warnings', 'no'],
  ] as const) {
    await expect(fields.getByLabel(label, { exact: true })).toHaveValue(value);
  }
  await expect(page.getByRole('tab', { name: 'Finished' })).toHaveAttribute('aria-selected', 'true');

  // Each of them counts: set to something else it finds nothing, and back is what was there.
  for (const [label, value] of [
    ['Version', '9.5'],
    ['Created to', '2020-01-03'],
    ['Finished to', '2020-01-03'],
  ] as const) {
    await fields.getByLabel(label, { exact: true }).fill(value);
    await fields.getByLabel(label, { exact: true }).press('Enter');
    await expect(noMatch(page)).toBeVisible();
    await page.goBack();
    await expect(plan(page, 1)).toBeVisible();
  }
  await fields.getByLabel('Warnings', { exact: true }).selectOption('With warnings');
  await expect(noMatch(page)).toBeVisible();
  await page.goBack();
  await expect(plan(page, 1)).toBeVisible();
  // Each is a chip, which takes it away.
  for (const [chip, part] of [
    ['Version 9.4', 'version='],
    [`By ${demo.username}`, 'by='],
    ['Warnings none', 'warnings='],
    ['Created 1 Jan 2020 to 30 Dec 2099', 'created-'],
    ['Finished 2 Jan 2020 to 31 Dec 2099', 'finished-'],
  ] as const) {
    expect(page.url()).toContain(part);
    await page.getByRole('button', { name: `Remove filter ${chip}`, exact: true }).click();
    await expect(page).not.toHaveURL(new RegExp(part));
    await expect(plan(page, 1)).toBeVisible();
  }

  // A filter too many: nothing is left, and there is a way out.
  await fields.getByLabel('Target', { exact: true }).selectOption(other!.name);
  await expect(noMatch(page)).toBeVisible();
  await page.goBack();
  await expect(plan(page, 1)).toBeVisible();
  await page.getByRole('button', { name: `Remove filter Source ${source!.name}` }).click();
  await expect(page).not.toHaveURL(/source=/);
  await fields.getByRole('button', { name: 'Clear all filters' }).click();
  await expect(page).toHaveURL(/\/plans\?filters=open$/);

  // What waits is told apart by what it waits for.
  await fields.getByLabel('Status', { exact: true }).selectOption('Suspended');
  await expect(page).toHaveURL(/status=suspended/);
  await expect(plan(page, 1)).toBeHidden();
  await page.getByRole('button', { name: 'Remove filter Status Suspended' }).click();
  await expect(page).not.toHaveURL(/status=/);
});

test('an application is found by a part of its name', async ({ page, demo }) => {
  await page.goto('/plans?filters=open');
  await hydrated(page);
  const name = demo.applications[0]!;
  const part = name.slice(1).toLowerCase();
  const field = panel(page).getByRole('combobox', { name: 'Application', exact: true });
  await field.fill(part);
  await panel(page).getByRole('option', { name, exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`application=${encodeURIComponent(name)}`));
  await expect(field).toHaveValue(name);
  await expect(plan(page, 1)).toBeVisible();
  // What nothing is found by changes nothing; what is emptied is no filter any more.
  await field.fill('no such name');
  await expect(panel(page).getByText('Nothing found with')).toBeVisible();
  await field.press('Tab');
  await expect(field).toHaveValue(name);
  await field.fill('');
  await field.press('Enter');
  await expect(page).not.toHaveURL(/application=/);
  // Leaving the field is enough.
  await field.fill(part);
  await field.press('Tab');
  await expect(field).toHaveValue(name);
  await expect(page).toHaveURL(/application=/);
});

test('days out of order and a strange version are told where they are set', async ({ page }) => {
  await page.goto('/plans?filters=open');
  await hydrated(page);
  const fields = panel(page);
  await expect(plan(page, 1)).toBeVisible();
  const height = async () => (await fields.boundingBox())!.height;
  const before = await height();
  await fields.getByLabel('Started from', { exact: true }).fill('2026-11-20');
  await fields.getByLabel('Started to', { exact: true }).fill('2026-11-13');
  await expect(fields.getByText('The first day is after the last one.')).toBeVisible();
  // The list is what it was, and nothing moved.
  await expect(page).not.toHaveURL(/started-to/);
  await expect(page.getByText('The plans cannot be shown')).toHaveCount(0);
  await expect(plans(page)).toBeVisible();
  expect(await height()).toBe(before);
  await fields.getByLabel('Started from', { exact: true }).fill('2020-11-10');
  await expect(page).toHaveURL(/started-from=2020-11-10&started-to=2026-11-13/);
  await expect(fields.getByText('after the last one')).toHaveCount(0);
  await fields.getByLabel('Version', { exact: true }).fill('two');
  await fields.getByLabel('Version', { exact: true }).press('Enter');
  await expect(fields.getByText(/numbers and dots/)).toBeVisible();
  await expect(page).not.toHaveURL(/version=/);
  expect(await height()).toBe(before);
  // An address that asks for it has a way out.
  await page.goto('/plans?started-from=2026-11-20&started-to=2026-11-13');
  await hydrated(page);
  await expect(page.getByText('is after the last one, 2026-11-13')).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(plan(page, 1)).toBeVisible();
});

test('the panel works by keyboard alone', async ({ page }) => {
  await page.goto('/plans');
  await hydrated(page);
  await toggle(page).focus();
  await page.keyboard.press('Enter');
  await expect(panel(page)).toBeVisible();
  await panel(page).getByLabel('Order', { exact: true }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(page).toHaveURL(/sort=oldest/);
  await expect(plans(page).getByRole('row').nth(1)).toHaveAttribute('data-plan', '1');
  await toggle(page).focus();
  await page.keyboard.press('Space');
  await expect(panel(page)).toBeHidden();
  await expect(page).toHaveURL(/\/plans\?sort=oldest$/);
});

test('heads sort, once and the other way round, and the address says so', async ({ page }) => {
  await page.goto('/plans');
  await hydrated(page);
  const table = plans(page);
  const head = table.getByRole('columnheader', { name: /^Took/ });
  // As they stand is no order of a column.
  const when = table.getByRole('columnheader', { name: /^When and who/ });
  await expect(when).not.toHaveAttribute('aria-sort');
  await head.getByRole('button').click();
  await expect(page).toHaveURL(/\/plans\?sort=longest$/);
  await expect(head).toHaveAttribute('aria-sort', 'descending');
  await head.getByRole('button').click();
  await expect(page).toHaveURL(/\/plans\?sort=shortest$/);
  await expect(head).toHaveAttribute('aria-sort', 'ascending');
  await page.goBack();
  await expect(page).toHaveURL(/sort=longest$/);
  await expect(page.getByRole('tab', { name: /^All [1-9]/ })).toBeVisible();
});

test('filters are kept under a name, renamed, replaced and deleted', async ({ page, said }) => {
  await page.goto('/plans?status=finished&kind=ordinary&filters=open');
  await hydrated(page);
  const fields = panel(page);
  const kept = fields.getByRole('list', { name: 'Saved filters' });
  const dialog = page.getByRole('dialog');
  await fields.getByRole('button', { name: 'Save filter' }).click();
  await dialog.getByLabel('Name').fill('Done ones');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Save filter' }).click();
  await expect(dialog).toBeHidden();
  await expect(kept.getByRole('link', { name: 'Done ones' })).toHaveAttribute('aria-current', 'true');

  // It is kept, until something else is set.
  const save = fields.getByRole('button', { name: 'Save filter' });
  await expect(save).toHaveAttribute('title', 'Saved as “Done ones”');
  await fields.getByLabel('Kind', { exact: true }).selectOption('');
  await expect(save).not.toHaveAttribute('aria-disabled', 'true');
  // Another filter of that name is not taken.
  await page.goto('/plans?status=aborted&filters=open');
  await hydrated(page);
  await fields.getByRole('button', { name: 'Save filter' }).click();
  await dialog.getByLabel('Name').fill('done ones');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('You have a filter with this name already.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  // What the browser itself says of the refusal.
  said.splice(0, said.length, ...said.filter((line) => !/status of 400 .*\/api\/save_filter/.test(line)));

  // It leads to what it keeps.
  await kept.getByRole('link', { name: 'Done ones' }).click();
  await expect(page).toHaveURL(/status=finished&kind=ordinary/);
  await expect(plan(page, 1)).toBeVisible();

  const more = (name: string) => fields.getByRole('button', { name: `More for filter ${name}` });
  await more('Done ones').click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await dialog.getByLabel('Name').fill('Finished ones');
  await dialog.getByRole('button', { name: 'Rename' }).click();
  await expect(kept.getByRole('link', { name: 'Finished ones' })).toBeVisible();
  await fields.getByLabel('Kind', { exact: true }).selectOption('');
  await expect(page).not.toHaveURL(/kind=/);
  await more('Finished ones').click();
  await page.getByRole('menuitem', { name: 'Keep what is set now' }).click();
  await expect(kept.getByRole('link', { name: 'Finished ones' })).toHaveAttribute('aria-current', 'true');
  await more('Finished ones').click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(kept.getByRole('link')).toHaveCount(0);
  await page.reload();
  await hydrated(page);
  await expect(kept.getByRole('link')).toHaveCount(0);
});

test('the list is a file with the same filters', async ({ page, said }) => {
  await page.goto('/plans?status=finished&sort=oldest&filters=open');
  await hydrated(page);
  const waits = page.waitForEvent('download');
  await panel(page).getByRole('link', { name: 'Export CSV' }).click();
  const download = await waits;
  expect(download.suggestedFilename()).toMatch(/^deployment-plans-\d{4}-\d\d-\d\d\.csv$/);
  const lines = readFileSync(await download.path(), 'utf8').split('\r\n');
  expect(lines[0]).toMatch(/^Number,Name,Kind,Status,/);
  expect(lines[1]).toMatch(/^1,.*,ordinary,finished_/);
  expect(lines.slice(1, -1).every((line) => /,finished_/.test(line))).toBe(true);

  const refused = await page.request.get('/plans.csv?started-from=2026-11-20&started-to=2026-11-13');
  expect(refused.status()).toBe(400);
  expect(await refused.text()).toContain('is after the last one');
  expect(said).toEqual([]);
});

test('a saved plan is validated from the list', async ({ page, demo }) => {
  const number = await newPlan(page, demo);
  await addApplication(page);
  await verdict(page);
  await page.getByRole('button', { name: 'Save', exact: true }).first().click();
  await saved(page, number);
  await page.goto(`/plans?search=%23${number}`);
  await hydrated(page);
  await expect(plans(page).locator('[data-plan]')).toHaveCount(1);
  await page.getByRole('button', { name: `More for plan #${number}` }).click();
  await page.getByRole('menuitem', { name: 'Validate' }).click();
  await expect(page.getByText(new RegExp(`Plan #${number} is ready to run|Plan #${number}: \\d+ error`)).first()).toBeVisible();
});

test('keys take up the plan under the cursor again, and deploy only what is saved', async ({ page }) => {
  await page.goto('/plans?search=%231&status=finished');
  await hydrated(page);
  await expect(plan(page, 1)).toBeVisible();
  await page.keyboard.press('j');
  await expect(plan(page, 1).getByRole('link').first()).toBeFocused();
  await page.keyboard.press('d');
  await page.keyboard.press('r');
  const again = page.getByRole('dialog', { name: 'Reuse Plan #1' });
  await expect(again).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(again).toBeHidden();
});

test('everything that happened to a plan is in its row', async ({ page }) => {
  await page.goto('/plans');
  await hydrated(page);
  await plan(page, 1).locator('summary').click();
  const history = plan(page, 1).getByRole('list');
  for (const word of ['Created by', 'Saved by', 'Started by', 'Finished', 'Synchronized']) {
    await expect(history.getByText(word)).toBeVisible();
  }
});

for (const [scheme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as const) {
  test(`the panel is accessible and fits, ${scheme}, ${width} px`, async ({ page, demo }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`/plans?source=${demo.environments[0]!.name}&started-from=2020-01-01&filters=open`);
    await hydrated(page);
    await expect(panel(page)).toBeVisible();
    await expect(plan(page, 1)).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await page.goto('/plans?kind=replicate&filters=open');
    await hydrated(page);
    await expect(noMatch(page)).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
}

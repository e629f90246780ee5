// The list of deployment plans and the dialog that creates one.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';
import { addApplication, newPlan, row } from './plan-story';

test('the dialog wants two different environments, then opens the editor with a draft', async ({ page, demo }) => {
  const [source, target] = demo.environments;
  await page.goto('/plans');
  await hydrated(page);
  await page.getByRole('button', { name: 'Create new deployment plan' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Create new deployment plan' });
  await dialog.getByLabel('Source').selectOption(source.name);
  await dialog.getByLabel('Target').selectOption(source.name);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog.getByText('Source and target are the same environment.')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByLabel('Target').selectOption(target.name);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(page).toHaveURL(/\/plans\/\d+$/);
  await expect(page.getByText('No applications yet')).toBeVisible();
  await expect(page.getByText('Draft, only you see it')).toBeVisible();
});

test('an address of its own opens the dialog, and Esc closes it', async ({ page, demo }) => {
  const [, second, third] = demo.environments;
  await page.goto(`/plans/new?source=${second.name}&target=${third.name}`);
  await hydrated(page);
  const dialog = page.getByRole('dialog', { name: 'Create new deployment plan' });
  await expect(dialog.getByLabel('Source').locator('option:checked')).toHaveText(second.name);
  await expect(dialog.getByLabel('Target').locator('option:checked')).toHaveText(third.name);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(/\/plans$/);
});

test('a draft that was left is found again by who made it; only what is not stored is asked about', async ({ page, demo, said }) => {
  let asked = 0;
  page.on('dialog', async (dialog) => {
    asked += 1;
    await dialog.accept();
  });
  const number = await newPlan(page, demo);
  const stored = page.waitForResponse((response) => response.url().includes('/api/edit_plan'));
  const name = await addApplication(page);
  await stored;
  // The page has heard the answer, too.
  await expect(page.getByText('Sending…', { exact: true })).toHaveCount(0);
  await page.reload();
  await hydrated(page);
  expect(asked).toBe(0);
  await expect(row(page, name)).toBeVisible();
  await page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name: /Deployment Plans|Plans/ }).first().click();
  await page
    .getByRole('dialog', { name: `Save plan #${number} before you leave?` })
    .getByRole('button', { name: 'Keep draft' })
    .click();
  const drafts = page.getByRole('region', { name: 'Drafts' });
  await expect(drafts).toContainText(/You have \d+ drafts?:/);
  await drafts.getByRole('link', { name: new RegExp(`^#${number} `) }).click();
  await expect(row(page, name)).toBeVisible();
  await expect(page.getByText('Draft, only you see it')).toBeVisible();
  // A change that the console does not have is worth a question.
  await page.route('**/api/edit_plan', (route) => route.abort());
  await page.getByRole('textbox', { name: 'Deployment notes' }).fill('At night');
  await expect(page.getByText('Not sent yet', { exact: true })).toBeVisible();
  await page.reload();
  await hydrated(page);
  expect(asked).toBe(1);
  // What the browser itself says of the request that failed.
  said.splice(0, said.length, ...said.filter((line) => !/ERR_FAILED/.test(line)));
});

test('filters are in the address, and a filter without a match can be cleared', async ({ page, demo }) => {
  await page.goto('/plans');
  await hydrated(page);
  await page.getByRole('button', { name: 'Advanced filters', exact: true }).click();
  await page.getByLabel('Target', { exact: true }).selectOption(demo.environments[1].name);
  await expect(page).toHaveURL(new RegExp(`target=${demo.environments[1].name}`));
  await page.getByRole('tab', { name: 'Saved' }).click();
  await expect(page).toHaveURL(/status=saved/);
  await page.getByRole('searchbox').fill('nobody would call a plan so');
  await expect(page).toHaveURL(/search=nobody/);
  await expect(page.getByText('No plan matches these filters')).toBeVisible();
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole('searchbox')).toHaveValue('nobody would call a plan so');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(page).toHaveURL(/\/plans\?filters=open$/);
});

test('what is typed stays, with the focus, while the list is read again', async ({ page }) => {
  await page.goto('/plans');
  await hydrated(page);
  const search = page.getByRole('searchbox');
  await search.click();
  // The answer to the first word arrives when the others are typed already.
  const held: (() => Promise<void>)[] = [];
  let open = false;
  await page.route(/list_plans/, async (route) => {
    if (open) await route.continue();
    else held.push(() => route.continue());
  });
  await page.keyboard.type('no');
  await expect(page).toHaveURL(/search=no$/);
  await expect.poll(() => held.length).toBeGreaterThan(0);
  const answered = page.waitForResponse(/list_plans/);
  await page.keyboard.type(' such plan');
  open = true;
  for (const go of held) await go();
  await answered;
  await expect(search).toHaveValue('no such plan');
  await expect(search).toBeFocused();
  await expect(page).toHaveURL(/search=no(%20|\+)such(%20|\+)plan$/);
  await expect(page.getByText('No plan matches these filters')).toBeVisible();
  // One search is one step in the history.
  await page.goBack();
  await expect(page).toHaveURL(/\/plans$/);
  await expect(search).toHaveValue('');
});

test('the keyboard moves through the rows, and Enter presses what has the focus', async ({ page }) => {
  // The demo's first plan is in every list.
  const number = 1;
  await page.goto('/plans');
  await hydrated(page);
  // A button first: the cursor has not been used, then it has.
  const create = page.getByRole('button', { name: 'Create new deployment plan' }).first();
  const dialog = page.getByRole('dialog', { name: 'Create new deployment plan' });
  await create.focus();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.keyboard.press('ArrowDown');
  const first = page.locator('[data-plan]').first().getByRole('link').first();
  await expect(first).toBeFocused();
  await create.focus();
  await page.keyboard.press('Space');
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  const link = page.locator(`[data-plan="${number}"]`).getByRole('link').first();
  for (let step = 0; step < 50 && !(await link.evaluate((link) => link === document.activeElement)); step += 1) {
    await page.keyboard.press('j');
  }
  await expect(link).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/plans/${number}$`));
});

for (const [scheme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
] as const) {
  test(`is accessible and fits, ${scheme}, ${width} px`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await page.goto('/plans');
    await hydrated(page);
    await expect(page.getByRole('heading', { level: 1, name: 'Deployment Plans' })).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
}

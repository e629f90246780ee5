// The plan editor: applications, operations, the check at every change, fixes, saving.

import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../fixtures';
import { addApplication, newPlan, row, verdict } from './plan-story';

test('missing producers are named with the path to them and added by one press', async ({ page, demo }) => {
  await newPlan(page, demo);
  const add = page.getByRole('button', { name: 'Add missing producers' });
  for (const candidate of demo.applications) {
    await page.getByRole('button', { name: 'Add applications' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Add applications' });
    await dialog.getByRole('searchbox').fill(candidate);
    const box = dialog.getByRole('checkbox', { name: candidate });
    if (!(await box.isVisible().catch(() => false))) {
      await page.keyboard.press('Escape');
      continue;
    }
    await box.check();
    await dialog.getByRole('button', { name: 'Add 1 application to plan' }).click();
    if ((await verdict(page)).startsWith('Cannot') && (await row(page, 'missing producer').count()) > 0) break;
    await page.getByRole('button', { name: `Remove ${candidate} from the plan` }).click();
  }
  await expect(page.getByText('missing producer').first()).toBeVisible();
  await expect(page.getByText(/needs/).first()).toBeVisible();
  await expect(page.locator('.finding .path').first()).toContainText('→');
  await expectAccessible(page);
  await add.click();
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('#verdict-title')).toHaveText(/Cannot run yet/);
});

test('the server validates and agrees with the page', async ({ page, demo }) => {
  await newPlan(page, demo);
  await addApplication(page);
  await verdict(page);
  await page.getByRole('button', { name: 'Validate' }).click();
  await expect(page.getByText('Validated by the server')).toBeVisible();
});

test('leaving a draft asks, and discarding it is forgotten', async ({ page, demo, said }) => {
  const number = await newPlan(page, demo);
  await addApplication(page);
  await page.getByRole('link', { name: 'Environments', exact: true }).first().click();
  const dialog = page.getByRole('dialog', { name: `Save plan #${number} before you leave?` });
  await dialog.getByRole('button', { name: 'Stay' }).click();
  await expect(page).toHaveURL(new RegExp(`/plans/${number}$`));
  await page.getByRole('link', { name: 'Environments', exact: true }).first().click();
  await dialog.getByRole('button', { name: 'Discard draft' }).click();
  await expect(page).toHaveURL(/\/environments$/);
  await page.goto(`/plans/${number}`);
  await expect(page.getByText('The plan cannot be shown')).toBeVisible();
  // The browser itself reports the answer 404; nothing else may be said.
  said.splice(0, said.length, ...said.filter((line) => !line.includes('404')));
});

for (const [scheme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
] as const) {
  test(`is accessible and fits, ${scheme}, ${width} px`, async ({ page, demo }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await newPlan(page, demo);
    await addApplication(page);
    await verdict(page);
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
}

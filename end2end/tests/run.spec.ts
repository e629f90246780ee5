// The run page: progress that survives a reload, the log, what came of it, and aborting.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';
import { expectProgress, progressOf, stepsUnderWay, whileItHoldsItsBreath } from './held';
import { agentOf } from './own-demo';
import { addApplication, makeReady, newPlan } from './plan-story';

test('a plan runs to its end, and the new version is in the target', async ({ page, demo }) => {
  test.setTimeout(180_000);
  const number = await newPlan(page, demo);
  const name = await addApplication(page);
  await makeReady(page);
  await whileItHoldsItsBreath(agentOf(demo.data, 'quality'), async () => {
    await page.getByRole('button', { name: 'Deploy now' }).click();
    await expect(stepsUnderWay(page).first()).toHaveText(/^Transfer .*Running$/);
    await expect(page.getByRole('log')).toContainText('Transfer to the agent');
    const progress = await progressOf(page);
    await page.reload();
    await hydrated(page);
    await expectProgress(page, progress);
    await expect(page.getByText(/^Done in /)).toHaveCount(0);
  });
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
  await expect(page).toHaveTitle(/^Finished/);
  const log = page.getByRole('log');
  await expect(log.locator('.ln').first()).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search the log' }).fill(demo.environments[1].name);
  await expect(page.locator('.hits')).toHaveText(/\d+ of \d+/);
  await expect(page).toHaveURL(/#L\d+$/);
  await page.reload();
  await hydrated(page);
  await expect(log.locator('.ln.target')).toBeVisible();
  // The address says what was searched for, and which lines are shown.
  await expect(page.getByRole('searchbox', { name: 'Search the log' })).toHaveValue(demo.environments[1].name);
  await expect(page.locator('.hits')).toHaveText(/\d+ of \d+/);
  await page.getByRole('group', { name: 'Lines to show' }).getByRole('button', { name: 'Warnings' }).click();
  await expect(page).toHaveURL(/\?log=warnings&search=.+#L\d+$/);
  // Nothing went wrong, so there is no error to read.
  await expect(page.getByRole('button', { name: 'Read the last error' })).toHaveCount(0);
  await expectAccessible(page);
  await page.goto('/plans');
  await expect(page.getByRole('row').filter({ hasText: `#${number}` })).toContainText('Finished');
  await page.goto('/applications');
  await expect(page.getByRole('rowheader', { name })).toBeVisible();
});

for (const [scheme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as const) {
  test(`a run that is over is accessible and fits, ${scheme}, ${width} px`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await page.goto('/plans?status=finished');
    await hydrated(page);
    await page.getByRole('rowheader').getByRole('link').first().click();
    await expect(page.getByRole('heading', { name: 'Steps' })).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  });
}

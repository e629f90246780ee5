// A producer that no tagged version of would do: the fix tags what the source runs, and it runs.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';
import { addApplication, newPlan, row } from './plan-story';
import { ownApplication } from './publish';

const provides = `
[[module.provides]]
kind = "service_action"
name = "Rate"
members = [{ role = "input", name = "Amount", type = "decimal", mandatory = true }]
`;
const uses = `
[[module.uses]]
module = "QuayRatesPages"
elements = [{ kind = "service_action", name = "Rate", members = ["Amount"] }]
`;

test('what nobody has tagged is tagged by the fix that adds it', async ({ page, demo }) => {
  test.setTimeout(180_000);
  ownApplication(demo, 'Quay Rates', 111, provides).publish('one');
  ownApplication(demo, 'Quay Desk', 112, uses).publish('one');
  await newPlan(page, demo);
  await addApplication(page, 'Quay Desk');
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  // Beside the finding, in its dashed row, and as the fix of the whole plan.
  await expect(page.locator('#findings').getByRole('button', { name: 'Tag & Deploy Quay Rates 0.1' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Tag & Deploy 0.1: Quay Rates' })).toBeVisible();
  const fix = page.getByRole('region', { name: 'Smallest fix' });
  await expect(fix).toContainText('Tags Quay Rates as 0.1.');
  await expect(fix).toContainText('no tagged version of Quay Rates offers');
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 800 });
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await fix.getByRole('button', { name: 'Add missing producers' }).click();
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await expect(row(page, 'Quay Rates').getByLabel('Number of the new tag of Quay Rates')).toHaveValue('0.1');
  await page.reload();
  await hydrated(page);
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
  // What it did is told by what the target has since, also of what was tagged for it.
  await page.getByRole('link', { name: 'What changed' }).click();
  await expect(page.getByText(/2 modules new/).first()).toBeVisible();
});

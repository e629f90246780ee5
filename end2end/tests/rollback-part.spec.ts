// Of a plan that brought two applications only one is rolled back: the popup takes a part, the new
// plan holds that alone, and the rest can still be brought back.

import { expect, hydrated, test } from '../fixtures';
import { addApplication, newPlan, row } from './plan-story';
import { publishOwn, type OwnApplication } from './publish-story';

const FERRY: OwnApplication = { id: 5001, name: 'Ferry' };
const BUOY: OwnApplication = { id: 5101, name: 'Buoy' };

test('a part of a plan is rolled back, the rest stays', async ({ page, demo, context }) => {
  test.setTimeout(150_000);
  const quality = demo.environments[1]!;
  const shown = async (name: string) => (await context.request.get(`${quality.url}/${name.toLowerCase()}/`)).text();
  const run = async () => {
    const number = await newPlan(page, demo);
    for (const application of [FERRY, BUOY]) await addApplication(page, application.name);
    await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
    await page.getByRole('button', { name: 'Deploy now' }).click();
    await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
    return number;
  };
  for (const application of [FERRY, BUOY]) publishOwn(demo, application, 'former');
  await run();
  for (const application of [FERRY, BUOY]) publishOwn(demo, application, 'latter');
  const plan = await run();
  expect(await shown('Ferry')).toContain('latter');

  await page.getByRole('button', { name: 'Roll back…' }).click();
  const dialog = page.getByRole('dialog', { name: `Roll back plan #${plan}` });
  for (const { name } of [FERRY, BUOY]) await expect(dialog.getByRole('checkbox', { name })).toBeChecked();
  await expect(dialog).toContainText('Opens an unsaved plan with 2 applications');
  // Nothing is not to be had.
  for (const { name } of [FERRY, BUOY]) await dialog.getByRole('checkbox', { name }).uncheck();
  await expect(dialog).toContainText('The plan stays as it is.');
  await expect(dialog.getByRole('button', { name: 'Continue' })).toHaveAttribute('aria-disabled', 'true');
  await dialog.getByRole('checkbox', { name: 'Ferry' }).check();
  await expect(dialog).toContainText('Opens an unsaved plan with 1 application');
  await dialog.getByRole('button', { name: 'Continue' }).click();

  await expect(page.locator('.plan-kind')).toHaveText('Rollback');
  await expect(row(page, 'Ferry')).toContainText('0.1');
  await expect(page.getByRole('table', { name: 'Applications in this plan' })).not.toContainText('Buoy');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  const number = Number(new URL(page.url()).pathname.split('/').pop());
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in .* Brought Ferry 0\.1 to Quality/)).toBeVisible({ timeout: 60_000 });
  expect(await shown('Ferry')).toContain('former');
  expect(await shown('Buoy')).toContain('latter');

  // The original names it, and what is left can follow.
  await page.goto(`${demo.url}/plans/${plan}`);
  await hydrated(page);
  await expect(page.getByText(`Rolled back by plan #${number}`)).toBeVisible();
  await page.getByRole('button', { name: 'Roll back…' }).click();
  await expect(dialog.getByRole('row').filter({ hasText: 'Ferry' })).toContainText('Nothing to bring back');
  await expect(dialog.getByRole('checkbox', { name: 'Ferry' })).toBeDisabled();
  await expect(dialog.getByRole('checkbox', { name: 'Buoy' })).toBeChecked();
  await expect(dialog).toContainText('Opens an unsaved plan with 1 application');
});

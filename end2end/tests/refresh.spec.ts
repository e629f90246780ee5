// The world changes while a plan is edited: the editor names it, and nothing is tagged unseen.

import { expect, expectAccessible, hydrated, test } from '../fixtures';
import { addApplication, newPlan, saved } from './plan-story';
import { ownApplication } from './publish';

test('what is published meanwhile is named, and looked at before it is deployed', async ({ page, demo, said }) => {
  test.setTimeout(120_000);
  const own = ownApplication(demo, 'Tide Tables', 101);
  own.publish('first');
  const number = await newPlan(page, demo);
  await addApplication(page, own.name);
  await page.getByRole('button', { name: /^Save/ }).click();
  await saved(page, number);
  const notice = page.getByRole('status').filter({ hasText: 'changed since you looked' });
  await expect(notice).toHaveCount(0);

  // Live, without a reload.
  own.publish('second');
  await expect(notice).toContainText('Development changed since you looked');
  await expect(notice).toContainText('Tide Tables (1 module');
  await expect(notice).toContainText('would be taken as it is now');
  const deploy = page.getByRole('button', { name: /^Deploy now/ });
  await expect(deploy).toHaveAttribute('aria-disabled', 'true');
  await expectAccessible(page);

  // The list knows it as well: who presses there is told.
  await page.goto(`${demo.url}/plans`);
  await hydrated(page);
  const row = page.getByRole('row').filter({ hasText: `#${number}` });
  await row.getByRole('button', { name: /^Deploy now/ }).click();
  await expect(page.getByText(/changed in the source since plan/)).toBeVisible();

  await page.goto(`${demo.url}/plans/${number}`);
  await hydrated(page);
  await notice.getByRole('button', { name: 'Refresh applications' }).click();
  await expect(notice).toHaveCount(0);
  await expect(page.getByText('Applications refreshed')).toBeVisible();
  await deploy.click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  // What was seen last is what runs.
  const served = await fetch(`${demo.environments[1]!.url}/tidetables/`);
  expect(await served.text()).toContain('second');
  // The browser's own words about the start that was refused.
  said.splice(0, said.length, ...said.filter((line) => !/409/.test(line)));
});

// Team leaders prepare, operators execute: a plan is made without a right to deploy and run with it.

import { expect, expectAccessible, hydrated, test } from '../fixtures';
import { apartFromRefusals, invited } from './console';
import { addApplication, newPlan, row, saved } from './plan-story';
import { ownApplication } from './publish';

test('who may not deploy prepares a plan, is told who can, and somebody else runs it', async ({ page, demo, browser }) => {
  test.setTimeout(180_000);
  const { name, publish } = ownApplication(demo, 'Prepared Ahead', 1700);
  publish('one');
  await page.goto('/accounts');
  await hydrated(page);
  const standing = 'Viewer: May see everything and prepare plans for others to run';
  const lea = await invited(page, browser, { name: 'Lea Marin', login: 'lea', standing });
  await expect(lea.page.getByRole('heading', { level: 1, name: 'Applications' })).toBeVisible();

  // She makes and saves it as anybody does; what only others may do is said once.
  const number = await newPlan(lea.page, demo);
  await addApplication(lea.page, name);
  await expect(lea.page.locator('#verdict-title')).toHaveText('Ready for somebody else to run');
  const findings = lea.page.getByRole('complementary', { name: 'Validation' });
  await expect(findings.getByRole('heading', { level: 3 }).first()).toHaveText(/^Left to others\s*2$/);
  await expect(findings.getByText('You may not deploy to Quality')).toHaveCount(1);
  await expect(findings.getByText('You may not tag in Development')).toHaveCount(1);
  await expect(findings.getByText(/ can\. Save the plan for them to run\./).first()).toBeVisible();
  const deploy = lea.page.getByRole('button', { name: 'Deploy now' }).first();
  await expect(deploy).toHaveAttribute('aria-disabled', 'true');
  await expect(deploy).toHaveAttribute('title', /Your standing is Viewer\. To deploy applications one needs to be Release manager/);
  await lea.page.getByRole('textbox', { name: 'Deployment notes' }).fill('At night, please');
  await lea.page.getByRole('button', { name: /^Save( \.|$)/ }).click();
  await saved(lea.page, number);
  await expectAccessible(lea.page);

  // What the list says is about the plan, not about her.
  await page.goto(`/plans?search=${encodeURIComponent(name)}`);
  await hydrated(page);
  await expect(page.locator(`[data-plan="${number}"]`)).toContainText('Saved');
  await expect(page.getByRole('link', { name: /^See errors/ })).toHaveCount(0);
  await page.goto(`/plans/${number}`);
  await hydrated(page);
  await expect(row(page, name)).toBeVisible();
  await page.getByRole('button', { name: 'Deploy now' }).first().click();
  await expect(page.getByRole('heading', { name: /Finished/ }).or(page.getByText('Finished', { exact: true })).first()).toBeVisible({ timeout: 120_000 });

  // A plan of somebody else she may change, and not throw away.
  const other = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  await page.getByRole('button', { name: /^Save( \.|$)/ }).click();
  await saved(page, other);
  await lea.page.goto(`${demo.url}/plans/${other}`);
  await hydrated(lea.page);
  await lea.page.getByRole('textbox', { name: 'Deployment notes' }).fill('With the others');
  await expect(page.getByRole('textbox', { name: 'Deployment notes' })).toHaveValue('With the others');
  await lea.page.getByRole('button', { name: 'More' }).first().click();
  const discard = lea.page.getByRole('menuitem', { name: /^Discard plan/ });
  await expect(discard).toHaveAttribute('aria-disabled', 'true');
  await expect(discard).toHaveAccessibleDescription(/To discard deployment plans of others one needs to be Release manager/);
  expect(apartFromRefusals(lea.said)).toEqual([]);
  await lea.context.close();
});

// Deploying into Production asks once more, and names what goes where.

import { expect, expectAccessible, hydrated, test } from '../fixtures';
import { addApplication, makeReady, newPlan, saved } from './plan-story';

test('Deploy now into Production asks first, from the button and from the keyboard', async ({ page, demo }) => {
  await newPlan(page, demo, 1, 2);
  const name = await addApplication(page);
  await makeReady(page);
  const [, quality, production] = demo.environments;
  const dialog = page.getByRole('dialog', { name: `Deploy to ${production.name} now?` });
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(dialog).toContainText(`This comes from ${quality.name}:`);
  await expect(dialog.getByRole('listitem').filter({ hasText: name })).toHaveText(/ \d+\.\d+/);
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Do not deploy yet' }).click();
  await expect(dialog).toBeHidden();
  await page.keyboard.press('Control+Enter');
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('heading', { name: 'Steps' })).toHaveCount(0);
});

test('Deploy now in the list asks before Production, too', async ({ page, demo }) => {
  const number = await newPlan(page, demo, 1, 2);
  const name = await addApplication(page);
  await makeReady(page);
  await page.keyboard.press('Control+s');
  await saved(page, number);
  await page.goto('/plans?status=saved');
  await hydrated(page);
  const [, quality, production] = demo.environments;
  await page.getByRole('button', { name: `Deploy now: plan #${number}` }).click();
  const dialog = page.getByRole('dialog', { name: `Deploy to ${production.name} now?` });
  await expect(dialog).toContainText(`This comes from ${quality.name}:`);
  await expect(dialog.getByRole('listitem').filter({ hasText: name })).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Do not deploy yet' }).click();
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(/\/plans\?status=saved$/);
});

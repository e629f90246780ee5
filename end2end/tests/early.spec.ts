// What is pressed before the page is alive.

import { expect, hydrated, test } from '../fixtures';

test('a button that is pressed before the page is alive does its work once it is', async ({ page }) => {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/*.wasm', async (route) => {
    await arrived;
    await route.continue();
  });
  await page.goto('/plans', { waitUntil: 'commit' });
  const create = page.getByRole('button', { name: 'Create new deployment plan' }).first();
  const dialog = page.getByRole('dialog', { name: 'Create new deployment plan' });
  await create.click();
  await expect(create).toBeVisible();
  await expect(dialog).toBeHidden();
  arrive();
  await hydrated(page);
  await expect(dialog).toBeVisible();
  // Once: it is not pressed again by what comes later.
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await create.click();
  await expect(dialog).toBeVisible();
});

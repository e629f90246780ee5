// The palette: finds and runs from the keyboard, and what it offers does what it says.

import { expect, expectAccessible, hydrated, test } from '../fixtures';

test.beforeEach(async ({ page }) => {
  await page.goto('/plans');
  await hydrated(page);
  await page.keyboard.press('Control+k');
});

test('finds an application and goes there with Enter', async ({ page, demo }) => {
  const name = demo.applications[0];
  const palette = page.getByRole('dialog', { name: 'Find or run' });
  await expectAccessible(page);
  await page.keyboard.type(name);
  await expect(palette.getByRole('option', { name: new RegExp(name) }).first()).toBeVisible();
  await expect(palette.getByRole('option', { selected: true })).toContainText(name);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(palette).toBeHidden();
});

test('goes to a screen, and Escape closes', async ({ page }) => {
  const palette = page.getByRole('dialog', { name: 'Find or run' });
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>about');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/about$/);
});

test('deploys an application: what it can move to is offered, and makes a plan', async ({ page }) => {
  const palette = page.getByRole('dialog', { name: 'Find or run' });
  await page.keyboard.type('deploy a');
  const first = palette.getByRole('option', { selected: true });
  await expect(first).toContainText(/^(Tag & )?Deploy .+ to .+/);
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/plans\/new\?source=.+&target=.+&applications=/);
  await expect(page.getByRole('dialog', { name: 'Create new deployment plan' })).toBeVisible();
});

test('registers an environment: the dialog opens, and closing it clears the address', async ({ page }) => {
  await page.keyboard.type('>register');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Register an environment' });
  await expect(dialog.getByLabel('Name')).toBeFocused();
  await expect(page).toHaveURL(/\/environments\?new$/);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(/\/environments$/);
  // Again, from the same screen; and after a reload the dialog is still what was asked for.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>register');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await page.reload();
  await hydrated(page);
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/\/environments$/);
});

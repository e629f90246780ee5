// Whoever works without a mouse keeps their place: on another screen, when a control goes, on the way back.

import { expect, hydrated, test } from '../fixtures';
import { addApplication, newPlan, row } from './plan-story';
import type { Page } from '@playwright/test';

/** Whether the focus is somewhere in the content, and not on the document as a whole. */
const inContent = (page: Page) => page.evaluate(() => document.activeElement?.closest('#main') != null);

test('another screen has the focus in its content', async ({ page }) => {
  await page.goto('/applications');
  await hydrated(page);
  const link = page.locator('#main table').getByRole('link', { name: 'Claims Portal', exact: true }).first();
  await link.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Claims Portal' })).toBeVisible();
  await expect(page.locator('#main')).toBeFocused();
  await page.keyboard.press('Tab');
  expect(await inContent(page)).toBe(true);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('>environments');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/environments$/);
  await expect(page.locator('#main')).toBeFocused();
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await expect(page).toHaveURL(/\/plans$/);
  await expect(page.locator('#main')).toBeFocused();
});

test('what is done in the editor leaves the focus near by', async ({ page, demo }) => {
  await newPlan(page, demo);
  await page.getByRole('button', { name: 'Add applications' }).last().focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add applications' });
  await dialog.getByRole('checkbox').first().check();
  await page.keyboard.press('Control+Enter');
  await expect(dialog).toBeHidden();
  await expect.poll(() => inContent(page)).toBe(true);

  const name = await addApplication(page, 'Harbour UI');
  await row(page, name).getByRole('button', { name: `Remove ${name} from the plan` }).focus();
  await page.keyboard.press('Enter');
  await expect(row(page, name)).toHaveCount(0);
  await expect.poll(() => inContent(page)).toBe(true);
});

test('the dialog of a new plan leads back to what opened it', async ({ page, demo }) => {
  await page.goto('/applications');
  await hydrated(page);
  await page.locator('#main table').getByRole('link', { name: 'Claims Portal', exact: true }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Claims Portal' })).toBeVisible();
  const opener = page.getByRole('link', { name: `to ${demo.environments[1].name}` }).first();
  await opener.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Create new deployment plan' });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/\/applications\/[^/]+$/);
  await expect(opener).toBeFocused();
});

test('a session that ends in another tab leads back to where one was', async ({ page, demo }) => {
  const number = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  const asked = page.waitForRequest((request) => request.url().endsWith(`/sign-in?next=/plans/${number}&ended`));
  await page.evaluate(() => new BroadcastChannel('slipway-live').postMessage('signed-out'));
  await asked;
});

test('what changed is counted and not cut', async ({ page }) => {
  await page.goto('/applications');
  await hydrated(page);
  await page.locator('#main table').getByRole('link', { name: 'Claims Portal', exact: true }).first().click();
  await page.getByRole('button', { name: /^Tag/ }).first().click();
  const words = page.getByRole('textbox', { name: 'What changed' });
  await words.fill('w'.repeat(2_345));
  await expect(words).toHaveValue('w'.repeat(2_345));
  await expect(page.getByText('This has 2,345 characters, and a tag takes 2,000.')).toBeVisible();
});

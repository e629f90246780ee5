// The steps that several specs take with a plan.

import { expect, hydrated, type Demo } from '../fixtures';
import type { Page } from '@playwright/test';

/** Makes a draft from the first environment to the second and opens its editor. */
export async function newPlan(page: Page, demo: Demo, from = 0, to = 1): Promise<number> {
  await page.goto(`${demo.url}/plans/new?source=${demo.environments[from].name}&target=${demo.environments[to].name}`);
  await hydrated(page);
  const dialog = page.getByRole('dialog', { name: 'Create new deployment plan' });
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(page).toHaveURL(/\/plans\/\d+$/);
  await expect(page.getByText('No applications yet')).toBeVisible();
  return Number(new URL(page.url()).pathname.split('/').pop());
}

/** Adds the candidate of this name, or the first one; gives its name. */
export async function addApplication(page: Page, name?: string): Promise<string> {
  await page.getByRole('button', { name: 'Add applications' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add applications' });
  await expect(dialog.getByRole('listitem').first()).toBeVisible();
  if (name) await dialog.getByRole('searchbox').fill(name);
  const box = name ? dialog.getByRole('checkbox', { name }) : dialog.getByRole('checkbox').first();
  const chosen = name ?? (await dialog.getByRole('listitem').first().locator('b').innerText());
  await box.check();
  await dialog.getByRole('button', { name: 'Add 1 application to plan' }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page, chosen)).toBeVisible();
  return chosen.trim();
}

/** The row of an application in the editor. */
export const row = (page: Page, name: string) =>
  page.getByRole('table', { name: 'Applications in this plan' }).getByRole('row').filter({ hasText: name }).first();

/** What the verdict says once the check is done. */
export async function verdict(page: Page): Promise<string> {
  const title = page.locator('#verdict-title');
  await expect(title).toHaveText(/Ready to run|Cannot run yet/);
  // What was said of the plan before it had applications may still stand there.
  await expect(page.locator('#findings').getByText('Nothing would change')).toHaveCount(0);
  return title.innerText();
}

/** Presses the smallest fix if something is in the way, until the plan can run. */
export async function makeReady(page: Page): Promise<void> {
  const fix = page.getByRole('button', { name: /^(Add missing producers|Apply this fix)$/ });
  // What was said of the plan a moment ago may be gone before it is pressed.
  await expect(async () => {
    await verdict(page);
    if (await fix.isVisible()) await fix.click({ timeout: 2_000 });
    await expect(page.locator('#verdict-title')).toHaveText('Ready to run', { timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
}

/** Waits until the page says that the plan was saved, and takes the message away. */
export async function saved(page: Page, number: number): Promise<void> {
  const message = page.locator('.toast').filter({ hasText: `Plan #${number} saved` });
  await expect(message.first()).toBeVisible();
  while ((await message.count()) > 0) {
    await message.first().getByRole('button', { name: 'Dismiss' }).click({ timeout: 2_000 }).catch(() => undefined);
  }
}

// A plan that finished is rolled back: the popup says what comes back and what cannot, the new plan
// runs as one of its own, both name each other, and what was taken out is held. Its demo is its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, signIn, startDemo, stopDemo, test } from '../fixtures';
import { addApplication, newPlan, row, verdict } from './plan-story';

const NAME = 'Claims Core';

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });

test('what ran before comes back, and what was taken out is held', async ({ page }) => {
  test.setTimeout(300_000);
  const data = mkdtempSync(join(tmpdir(), 'slipway-rollback-'));
  const { child, demo } = await startDemo(data);
  const quality = demo.environments[1]!.name;
  try {
    await signIn(page, demo);
    // Nothing ran before the demo's first plan: it is said, and nothing can be brought back.
    await page.goto(`${demo.url}/plans/1`);
    await hydrated(page);
    await page.getByRole('button', { name: 'Roll back…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll back plan #1' });
    await expect(dialog.getByText('Nothing ran before').first()).toBeVisible();
    await expect(dialog.getByRole('button', { name: 'Continue' })).toHaveAttribute('aria-disabled', 'true');
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    const plan = await newPlan(page, demo);
    await addApplication(page, NAME);
    if ((await verdict(page)) !== 'Ready to run') {
      await page.getByRole('button', { name: 'Add missing producers' }).click();
      await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
    }
    await page.getByRole('button', { name: 'Deploy now' }).click();
    await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });

    // From the list, with the keyboard's way into the menu.
    await page.goto(`${demo.url}/plans`);
    await hydrated(page);
    await page.getByRole('button', { name: `More for plan #${plan}` }).click();
    await page.getByRole('menuitem', { name: 'Roll back…' }).click();
    const back = page.getByRole('dialog', { name: `Roll back plan #${plan}` });
    await expect(back.getByText('Data is not rolled back.')).toBeVisible();
    const box = back.getByRole('checkbox', { name: NAME });
    await expect(box).toBeChecked();
    await expect(back.getByText(/Opens an unsaved plan with \d+ applications?/)).toBeVisible();
    await expectAccessible(page);
    await back.getByRole('button', { name: 'Continue' }).click();

    await expect(page).toHaveURL(/\/plans\/\d+$/);
    await expect(page.locator('.plan-kind')).toHaveText('Rollback');
    await expect(page.getByText(/Rolls back\s+plan/)).toBeVisible();
    await expect(row(page, NAME)).toBeVisible();
    await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
    await expectAccessible(page);
    const number = Number(new URL(page.url()).pathname.split('/').pop());
    await page.getByRole('button', { name: 'Deploy now' }).click();
    await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
    await expect(page.getByText(`Rolls back plan #${plan}`)).toBeVisible();
    await page.getByRole('link', { name: `plan #${plan}`, exact: true }).click();
    await expect(page.getByText(`Rolled back by plan #${number}`)).toBeVisible();
    await expectAccessible(page);

    // The same again is warned of until the hold is released.
    await newPlan(page, demo);
    await addApplication(page, NAME);
    await verdict(page);
    const finding = page.locator('.finding').filter({ hasText: `was taken out of ${quality} before` }).first();
    await expect(finding).toContainText(`#${number} on `);
    await finding.getByRole('button', { name: 'Release hold…' }).click();
    const hold = page.getByRole('dialog', { name: `What was taken out of ${NAME}` });
    await hold.getByLabel('Reason').fill('The network was at fault');
    await hold.getByRole('button', { name: 'Release hold' }).click();
    await expect(hold).toBeHidden();
    await expect(finding).toBeHidden();
  } finally {
    await stopDemo(child);
    rmSync(data, { recursive: true, force: true });
  }
});

test('the popup of a rollback fits a phone', async ({ page }) => {
  test.setTimeout(120_000);
  const data = mkdtempSync(join(tmpdir(), 'slipway-rollback-'));
  const { child, demo } = await startDemo(data);
  try {
    await signIn(page, demo);
    await page.goto(`${demo.url}/plans/1`);
    await hydrated(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('button', { name: 'Roll back…' }).click();
    await expect(page.getByRole('dialog').getByRole('row').nth(1)).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
  } finally {
    await stopDemo(child);
    rmSync(data, { recursive: true, force: true });
  }
});

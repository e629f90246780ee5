// A hotfix is protected: a plan that lacks it is refused, what runs later is replicated back, and
// naming the version that contains it lets plans through again. Its demo is its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, signIn, startDemo, stopDemo, test } from '../fixtures';
import { addApplication, newPlan, row } from './plan-story';
import type { Page } from '@playwright/test';

const NAME = 'Rating Engine';

/** Where the application has a version in red: on its lanes, or in its row of the matrix. */
const lanes = (page: Page) => page.locator('.lcard');
const inMatrix = (page: Page) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: NAME }) });
const RED = '.chip.hotfix';
const MARK = 'Hotfix open';

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });

test('a hotfix is not overwritten until the version is named that contains it', async ({ page }) => {
  test.setTimeout(300_000);
  const data = mkdtempSync(join(tmpdir(), 'slipway-hotfix-'));
  const { child, demo } = await startDemo(data);
  const [development, quality, production] = demo.environments.map((environment) => environment.name);
  try {
    await signIn(page, demo);
    await expect(inMatrix(page).locator(RED)).toHaveText('6.19.1');
    await expect(inMatrix(page)).toContainText(MARK);
    await page.getByRole('rowheader', { name: NAME }).getByRole('link').click();
    await expect(page.getByRole('heading', { level: 1, name: NAME })).toBeVisible();
    await expect(lanes(page).locator(RED)).toHaveText('6.19.1');
    await expect(lanes(page).filter({ hasText: MARK })).toHaveCount(1);
    // Which one, where it was made, who lacks it.
    const notice = page.locator('.notice.hf');
    await expect(notice).toContainText(`Hotfix 6.19.1 was made in ${production}`);
    await expect(notice).toContainText(`${development} and ${quality} lack it`);
    const address = page.url();
    await expectAccessible(page);

    // What runs in Production goes back to Quality, exactly.
    await page.getByRole('button', { name: `Replicate to ${quality} what ${production} runs` }).click();
    await expect(page).toHaveURL(/\/plans\/\d+$/);
    await expect(page.locator('.plan-kind')).toHaveText('Replicate');
    await expect(row(page, NAME)).toContainText('6.19.1');
    await expect(page.getByLabel('Target')).toBeDisabled();
    await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Deploy now' }).click();
    await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
    await page.goto(address);
    await hydrated(page);
    await expect(notice).toContainText(`${development} lacks it`);
    await expect(lanes(page).locator(RED)).toHaveText(['6.19.1', '6.19.1']);

    // What Development has is without it: refused, and no reason helps.
    await newPlan(page, demo, 0, 2);
    await addApplication(page, NAME);
    await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
    const finding = page.locator('.finding').filter({ hasText: 'would overwrite a hotfix' });
    await expect(finding).toContainText(`6.19.1, made in ${production} on `);
    await finding.getByRole('button', { name: /Mark hotfix as solved/ }).click();
    const dialog = page.getByRole('dialog', { name: `Hotfixes of ${NAME}` });
    await expect(dialog.getByRole('button', { name: /^Waive/ })).toHaveAttribute('aria-disabled', 'true');
    await expect(dialog.getByRole('button', { name: 'Mark hotfix as solved' })).toHaveAttribute('aria-disabled', 'true');
    await expectAccessible(page);
    await dialog.getByLabel('The version that contains it').selectOption({ index: 1 });
    await dialog.getByRole('button', { name: 'Mark hotfix as solved' }).click();
    await expect(dialog).toBeHidden();
    await expect(finding).toBeHidden();

    // The red mark is gone: above, on the lanes, at the versions, and in the matrix.
    await page.goto(address);
    await hydrated(page);
    await expect(page.getByRole('heading', { level: 1, name: NAME })).toBeVisible();
    await expect(notice).toHaveCount(0);
    await expect(lanes(page).filter({ hasText: '6.19.1' })).toHaveCount(2);
    await expect(lanes(page).filter({ hasText: MARK })).toHaveCount(0);
    await expect(page.locator(RED)).toHaveCount(0);
    await page.goto(`${demo.url}/applications`);
    await hydrated(page);
    await expect(inMatrix(page)).toContainText('6.19.1');
    await expect(inMatrix(page)).not.toContainText(MARK);
    await expect(inMatrix(page).locator(RED)).toHaveCount(0);
  } finally {
    await stopDemo(child);
    rmSync(data, { recursive: true, force: true });
  }
});

test('a hotfix that is gone without is waived, for a reason that is kept', async ({ page }) => {
  test.setTimeout(180_000);
  const data = mkdtempSync(join(tmpdir(), 'slipway-hotfix-'));
  const { child, demo } = await startDemo(data);
  try {
    await signIn(page, demo);
    await newPlan(page, demo, 0, 2);
    await addApplication(page, NAME);
    const finding = page.locator('.finding').filter({ hasText: 'would overwrite a hotfix' });
    await finding.getByRole('button', { name: /Mark hotfix as solved/ }).click();
    const dialog = page.getByRole('dialog', { name: `Hotfixes of ${NAME}` });
    const waive = dialog.getByRole('button', { name: 'Waive the hotfix: go without it' });
    // Without a reason it is not to be had.
    await expect(waive).toHaveAttribute('aria-disabled', 'true');
    await dialog.getByRole('textbox', { name: /^Reason/ }).fill('The tariff it mended is gone.');
    await expect(waive).not.toHaveAttribute('aria-disabled', 'true');
    await waive.click();
    await expect(dialog).toBeHidden();
    await expect(finding).toBeHidden();

    await page.goto(`${demo.url}/applications`);
    await hydrated(page);
    await page.getByRole('rowheader', { name: NAME }).getByRole('link').click();
    await expect(page.getByRole('heading', { level: 1, name: NAME })).toBeVisible();
    await expect(page.locator('.notice.hf')).toHaveCount(0);
  } finally {
    await stopDemo(child);
    rmSync(data, { recursive: true, force: true });
  }
});

test('the notice of a hotfix fits a phone', async ({ page }) => {
  test.setTimeout(120_000);
  const data = mkdtempSync(join(tmpdir(), 'slipway-hotfix-'));
  const { child, demo } = await startDemo(data);
  try {
    await signIn(page, demo);
    await page.getByRole('rowheader', { name: NAME }).getByRole('link').click();
    await expect(page.locator('.notice.hf')).toBeVisible();
    await page.setViewportSize({ width: 390, height: 844 });
    await expectNoSidewaysScroll(page);
    await page.getByRole('button', { name: /Mark hotfix as solved/ }).click();
    await expect(page.getByRole('dialog', { name: `Hotfixes of ${NAME}` })).toBeVisible();
    await expectNoSidewaysScroll(page);
  } finally {
    await stopDemo(child);
    rmSync(data, { recursive: true, force: true });
  }
});

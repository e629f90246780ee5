// An environment in maintenance: told before what it stops, refused everywhere with the reason, and
// over again. Its demo is its own, as it takes Quality out of service.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, signIn, startDemo, stopDemo, test, type Demo } from '../fixtures';
import { addApplication, newPlan } from './plan-story';
import { ownApplication } from './publish';

const WORDS = 'Quality is in maintenance ("New disks")';

let data: string;
let child: ChildProcess;
let demo: Demo;
let prepared: number;

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });
test.describe.configure({ mode: 'serial', timeout: 300_000 });

test.beforeAll(async () => {
  test.setTimeout(180_000);
  data = mkdtempSync(join(tmpdir(), 'slipway-maintenance-'));
  ({ child, demo } = await startDemo(data));
});

test.afterAll(async () => {
  await stopDemo(child);
  rmSync(data, { recursive: true, force: true });
});

test.beforeEach(async ({ page }) => {
  await signIn(page, demo);
});

test('the question names what is aborted, and the card says why', async ({ page }) => {
  await page.goto(`${demo.url}/environments`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Change how Quality takes plans' }).click();
  const rules = page.getByRole('dialog', { name: 'How Quality takes plans' });
  await rules.getByText('Deploy in two stages', { exact: true }).click();
  await rules.getByRole('button', { name: 'Save' }).click();
  await expect(rules).toBeHidden();
  prepared = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await page.getByRole('button', { name: 'Prepare deployment' }).click();
  await expect(page.getByText('Prepared. Nothing has changed in Quality yet.')).toBeVisible({ timeout: 120_000 });
  // Somebody else edits a plan meanwhile.
  const other = await page.context().newPage();
  await newPlan(other, demo);
  await addApplication(other, 'Document Vault');
  await expect(other.locator('#verdict-title')).toHaveText('Ready to run');

  await page.goto(`${demo.url}/environments`);
  await hydrated(page);
  await page.getByRole('button', { name: 'More for Quality' }).click();
  await page.getByRole('menuitem', { name: 'Take into maintenance…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Take Quality into maintenance?' });
  await expect(dialog.getByRole('link', { name: `#${prepared} ` })).toBeVisible();
  const act = dialog.getByRole('button', { name: 'Take into maintenance' });
  await expect(act).toHaveAttribute('aria-disabled', 'true');
  await expectAccessible(page);
  await dialog.getByLabel('Reason').fill('New disks.');
  await act.click();
  await expect(dialog).toBeHidden();
  const card = page.getByRole('article', { name: 'Quality' });
  await expect(card).toContainText('In maintenance: New disks.');
  await expect(card.getByRole('button', { name: /^Synchronize now/ })).toHaveAttribute('aria-disabled', 'true');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  // The open editor learns of it by itself.
  await expect(other.getByRole('paragraph').filter({ hasText: `${WORDS}: no plan from it` })).toBeVisible();
  await expect(other.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  await expect(other.locator('#findings')).toContainText('Quality is in maintenance');
  await expect(other.getByRole('button', { name: /^Prepare deployment/ })).toHaveAttribute('aria-disabled', 'true');
  await expectAccessible(other);
  await other.close();
});

test('RT5, RU11: lists say so, and what cannot be done says why', async ({ page }) => {
  await page.goto(`${demo.url}/plans`);
  await hydrated(page);
  const row = page.getByRole('row').filter({ hasText: `#${prepared}` });
  await expect(row).toContainText('Aborted', { timeout: 120_000 });
  const retry = row.getByRole('button', { name: `Retry Plan #${prepared}` });
  await expect(retry).toHaveAttribute('aria-disabled', 'true');
  await expect(retry).toHaveAttribute('title', new RegExp(`^Quality is in maintenance`));
  // RU11: what finished, as well.
  const finished = page.getByRole('row').filter({ hasText: 'Quality' });
  const reuse = finished.getByRole('button', { name: /^Reuse Plan #/ }).first();
  await expect(reuse).toHaveAttribute('aria-disabled', 'true');
  await expect(reuse).toHaveAttribute('title', /^Quality is in maintenance/);
  // Not only where a pointer rests.
  await expect(row.getByText('Quality is in maintenance', { exact: true })).toBeVisible();
  await expectAccessible(page);
  // On the run's own page as well.
  await page.goto(`${demo.url}/plans/${prepared}`);
  await hydrated(page);
  const again = page.getByRole('button', { name: /^Retry Plan/ });
  await expect(again).toHaveAttribute('aria-disabled', 'true');
  await expect(again).toHaveAttribute('title', /^Quality is in maintenance/);
  await page.goto(`${demo.url}/plans/new?source=Development&target=Quality`);
  await hydrated(page);
  const dialog = page.getByRole('dialog', { name: 'Create new deployment plan' });
  const words = dialog.getByRole('paragraph').filter({ hasText: WORDS });
  await expect(words).toBeVisible();
  await expect(dialog.getByRole('button', { name: /^Continue/ })).toHaveAttribute('aria-disabled', 'true');
  await dialog.getByLabel('Target').selectOption('Production');
  await expect(words).toBeHidden();
  await page.goto(demo.url);
  await expect(page.getByRole('columnheader', { name: /^Quality/ })).toContainText('In maintenance: New disks.');
});

test('when it is over everything goes on', async ({ page }) => {
  await page.goto(`${demo.url}/environments`);
  await hydrated(page);
  const card = page.getByRole('article', { name: 'Quality' });
  await card.getByRole('button', { name: 'End maintenance of Quality' }).click();
  await expect(page.getByText('Quality is back in service')).toBeVisible();
  await expect(card).toContainText('Online');
  await page.goto(`${demo.url}/plans`);
  await hydrated(page);
  const row = page.getByRole('row').filter({ hasText: `#${prepared}` });
  await row.getByRole('button', { name: `Retry Plan #${prepared}` }).click();
  const dialog = page.getByRole('dialog', { name: `Retry Plan #${prepared}` });
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(page).toHaveURL(/\/plans\/\d+$/);
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
});

test('B7: new applications are blocked, and let in from the matrix', async ({ page }) => {
  await page.goto(`${demo.url}/environments`);
  await hydrated(page);
  const panel = page.getByRole('region', { name: /^Newly created applications may be deployed everywhere/ });
  await expect(panel).toContainText('on');
  await panel.getByRole('button', { name: /^Switch off/ }).click();
  const why = page.getByRole('dialog', { name: 'Block new applications?' });
  await why.getByLabel('Reason').fill('Reviewed first.');
  await expectAccessible(page);
  await why.getByRole('button', { name: 'Block new ones' }).click();
  await expect(panel).toContainText('Reviewed first.');
  await expectAccessible(page);
  ownApplication({ ...demo, data, storage: '' }, 'Tide Tables', 7).publish('one');

  await page.goto(`${demo.url}/applications?search=Tide`);
  await hydrated(page);
  const cell = page.locator('[data-lane="Quality"]').first();
  await expect(cell).toContainText('Blocked');
  await page.getByRole('checkbox', { name: 'Select Tide Tables' }).check();
  await page.getByRole('button', { name: 'Block…' }).click();
  await page.getByRole('menuitem', { name: 'Unblock Tide Tables in Quality…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Unblock Tide Tables in Quality?' });
  await dialog.getByLabel('Reason').fill('It was reviewed.');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Unblock' }).click();
  await expect(dialog).toBeHidden();
  await expect(cell).not.toContainText('Blocked');
  // B1: and the other way round.
  await page.getByRole('checkbox', { name: 'Select Tide Tables' }).check();
  await page.getByRole('button', { name: 'Block…' }).click();
  await page.getByRole('menuitem', { name: 'Block Tide Tables in Quality…' }).click();
  const again = page.getByRole('dialog', { name: 'Block Tide Tables in Quality?' });
  await again.getByLabel('Reason').fill('Not yet.');
  await again.getByRole('button', { name: 'Block' }).click();
  await expect(cell).toContainText('Blocked: Not yet.');
});

// Plans that wait: refused beside another one, in line until it is over, and prepared in two stages.
// Its demo is its own, as it changes how Quality takes plans.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { expect, expectAccessible, hydrated, signIn, startDemo, stopDemo, test, type Demo } from '../fixtures';
import { another } from './console';
import { addApplication, newPlan, saved } from './plan-story';
import type { BrowserContext, Page } from '@playwright/test';

let data: string;
let child: ChildProcess;
let demo: Demo;
let prepared: number;
let waits: number;
/** An editor of somebody who has something related in mind, open until nothing is in its way any more. */
let beside: { context: BrowserContext; page: Page; said: string[] };

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });
test.describe.configure({ mode: 'serial', timeout: 300_000 });

test.beforeAll(async () => {
  test.setTimeout(180_000);
  data = mkdtempSync(join(tmpdir(), 'slipway-waiting-'));
  ({ child, demo } = await startDemo(data));
});

test.afterAll(async () => {
  await stopDemo(child);
  rmSync(data, { recursive: true, force: true });
});

test.beforeEach(async ({ page }) => {
  await signIn(page, demo);
});

/** The dialog with Quality's rules. */
async function rules(page: Page) {
  await page.goto(`${demo.url}/environments`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Change how Quality takes plans' }).click();
  return page.getByRole('dialog', { name: 'How Quality takes plans' });
}

test('an environment is told how it takes plans', async ({ page }) => {
  let dialog = await rules(page);
  await expectAccessible(page);
  await dialog.getByRole('combobox', { name: 'Infrastructure' }).selectOption('Cloud');
  await dialog.getByLabel('At most').fill('9');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Allow between 1 and 5 plans at a time').first()).toBeVisible();
  await dialog.getByLabel('At most').fill('3');
  await dialog.getByText('Deploy in two stages', { exact: true }).click();
  await expect(dialog.getByRole('switch', { name: /^Deploy in two stages/ })).toBeChecked();
  await dialog.getByLabel('Keep prepared plans').fill('48');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  const card = page.getByRole('article', { name: 'Quality' });
  await expect(card.getByText('Up to 3 plans in parallel')).toBeVisible();
  await expect(card.getByText('In two stages, prepared plans kept 48 hours')).toBeVisible();
});

test('where plans go in two stages one is prepared, left, and kept longer', async ({ page, browser }) => {
  // Somebody else has the same in mind: their editor says so as soon as this plan starts.
  const other = await page.context().newPage();
  await newPlan(other, demo);
  await addApplication(other, 'Harbour UI');
  await expect(other.locator('#verdict-title')).toHaveText('Ready to run');
  // Another wants what uses it.
  beside = await another(browser);
  await signIn(beside.page, demo);
  await newPlan(beside.page, demo);
  await addApplication(beside.page, 'Customer Core');
  await expect(beside.page.locator('#verdict-title')).toHaveText('Ready to run');
  prepared = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await expect(page.getByRole('button', { name: 'Deploy now' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Prepare deployment' }).click();
  await expect(page.getByText('Prepared. Nothing has changed in Quality yet.')).toBeVisible({ timeout: 120_000 });
  await expect(other.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  await expect(other.locator('#findings')).toContainText(`Plan #${prepared}`);
  await other.close();
  await expect(beside.page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  await expect(beside.page.locator('#findings')).toContainText(`Plan #${prepared}`);
  const kept = page.getByRole('region', { name: 'Prepared. Nothing has changed in Quality yet.' });
  await expect(kept).toContainText('Ends in 2 d');
  await expectAccessible(page);
  await kept.getByRole('button', { name: `Keep longer: plan #${prepared}, another 48 h` }).click();
  await expect(kept).toContainText('Ends in 4 d');
  await kept.getByRole('button', { name: 'Continue later' }).click();
  await expect(page.getByText(`Plan #${prepared} stays prepared`)).toBeVisible();
  const row = page.getByRole('row').filter({ hasText: `#${prepared}` });
  await expect(row).toContainText('Prepared');
  await expect(row).toContainText('ends in 4 d');
  await expect(row.getByRole('button', { name: `Continue deployment: plan #${prepared}` })).toBeVisible();
});

test('a plan that another one is in the way of names it, and waits in line', async ({ page }) => {
  waits = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  await addApplication(page, 'Document Vault');
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  const findings = page.locator('#findings');
  await expect(findings).toContainText('is moving in another plan');
  await expect(findings).toContainText(`#${prepared}`);
  await expect(findings.getByRole('button', { name: `Open #${prepared}` })).toBeVisible();
  await page.getByRole('button', { name: 'Start when free' }).click();
  await expect(page.getByRole('heading', { name: 'Waits until Quality is free for it.' })).toBeVisible();
  await expect(page.getByText('1st of 1 in line')).toBeVisible();
  const waitsFor = page.getByRole('region', { name: 'Waits for' });
  await expect(waitsFor.getByRole('link', { name: new RegExp(`^#${prepared} `) })).toBeVisible();
  await expect(waitsFor).toContainText('Prepared: it goes on when somebody continues it.');
  await expect(waitsFor).toContainText(/Started .+ by /);
  // What waits can be looked at and sent on.
  await expect(page.getByRole('link', { name: 'What will change' })).toHaveAttribute('href', `/plans/${waits}/changes`);
  await expect(page.getByRole('button', { name: 'Copy link' })).toBeVisible();
  await expectAccessible(page);
  // Out of the line, and in again from the list.
  await page.getByRole('button', { name: 'Leave the queue' }).click();
  await expect(page.getByRole('button', { name: 'Start when free' })).toBeVisible();
  await page.goto(`${demo.url}/plans`);
  await hydrated(page);
  const row = page.getByRole('row').filter({ hasText: `#${waits}` });
  await row.getByRole('button', { name: `Prepare deployment: plan #${waits}` }).click();
  const dialog = page.getByRole('dialog', { name: `Plan #${waits} is not free to start` });
  await dialog.getByRole('button', { name: 'Start when free' }).click();
  await expect(page.getByRole('heading', { name: 'Waits until Quality is free for it.' })).toBeVisible();
  await page.goto(`${demo.url}/plans`);
  await expect(row).toContainText('1st of 1 in line');
  await expect(row.getByRole('link', { name: `#${prepared}`, exact: true })).toBeVisible();
  await expectAccessible(page);
});

test('who starts at once does not pass the line', async ({ page }) => {
  const late = await newPlan(page, demo);
  await addApplication(page, 'Document Vault');
  // What runs is not in its way, but a plan that waits moves the same: said before anybody starts it.
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  const findings = page.locator('#findings');
  await expect(findings).toContainText(`#${waits} waits in line for the same module`);
  await expect(findings.getByRole('button', { name: `Open #${waits}` })).toBeVisible();
  await expect(findings.getByRole('button', { name: `Start when free: behind #${waits}` })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start when free', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Validate' }).click();
  await expect(page.locator('.toast').filter({ hasText: 'Validated by the server' })).toContainText('1 error');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await saved(page, late);
  // Live: when the other one leaves the line nothing is in the way, and when it is back it is.
  const other = await page.context().newPage();
  await other.goto(`${demo.url}/plans/${waits}`);
  await hydrated(other);
  await other.getByRole('button', { name: 'Leave the queue' }).click();
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await other.getByRole('button', { name: 'Start when free' }).first().click();
  await expect(other.getByText('1st of 1 in line')).toBeVisible();
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  // The list says it too, and offers the line.
  await page.goto(`${demo.url}/plans`);
  await hydrated(page);
  const row = page.getByRole('row').filter({ hasText: `#${late}` }).filter({ hasText: 'Saved' });
  await row.getByRole('button', { name: `Prepare deployment: plan #${late}` }).click();
  const dialog = page.getByRole('dialog', { name: `Plan #${late} is not free to start` });
  await expect(dialog).toContainText(`#${waits} waits in line for the same module`);
  await expect(dialog.getByRole('button', { name: `Open #${waits}` })).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Start when free' })).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Not now' }).click();
  await expect(row).toContainText('Not free to start');
  await expect(row.getByRole('link', { name: `#${waits}`, exact: true })).toBeVisible();
  const first = page.getByRole('row').filter({ has: page.getByRole('link', { name: new RegExp(`^#${waits} `) }) });
  await expect(first).toContainText('1st of 1 in line');
  // It follows the line.
  await other.getByRole('button', { name: 'Leave the queue' }).click();
  await expect(row).toContainText(/Ready (to run|when checked)/);
  await other.getByRole('button', { name: 'Start when free' }).first().click();
  await expect(other.getByText('1st of 1 in line')).toBeVisible();
  await other.close();
});

test('it starts by itself when the other one is over', async ({ page }) => {
  await page.goto(`${demo.url}/plans/${waits}`);
  await hydrated(page);
  const other = await page.context().newPage();
  await other.goto(`${demo.url}/plans/${prepared}`);
  await hydrated(other);
  await other.getByRole('button', { name: 'Continue deployment' }).click();
  await expect(other.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
  await other.close();
  // The page follows its plan out of the line.
  await expect(page.getByText('Prepared. Nothing has changed in Quality yet.')).toBeVisible({ timeout: 120_000 });
  // So does an editor whose plan both are in the way of: of the one that has ended it says nothing any more.
  const findings = beside.page.locator('#findings');
  await expect(findings).toContainText(`Plan #${waits}`);
  await expect(findings).not.toContainText(`Plan #${prepared}`);
  await page.getByRole('button', { name: `Abort plan #${waits}` }).click();
  const dialog = page.getByRole('dialog', { name: `Abort plan #${waits}?` });
  await dialog.getByLabel('Reason').fill('Seen enough.');
  await dialog.getByRole('button', { name: 'Abort plan' }).click();
  await expect(page).toHaveTitle(/^Aborted/, { timeout: 120_000 });
  // And when nothing is in its way any more it says so, in the page that was open all the while.
  await expect(beside.page.locator('#verdict-title')).toHaveText('Ready to run');
  await expect(findings).not.toContainText('is moving');
  expect(beside.said).toEqual([]);
  await beside.context.close();
  // The list tells what came of it, and of which applications.
  const list = await page.context().newPage();
  await list.goto(`${demo.url}/plans`);
  const ended = list.getByRole('row').filter({ has: list.getByRole('link', { name: new RegExp(`^#${waits} `) }) });
  await expect(ended).toContainText('Seen enough.');
  await expect(ended.locator('.names')).toContainText('Harbour UI');
  await expect(ended.locator('.names')).toHaveAttribute('title', /Document Vault/);
  await list.setViewportSize({ width: 390, height: 844 });
  await expect(ended.locator('.names')).toBeVisible();
  await list.close();
  // Who queued it is told for ever.
  await expect(page.locator('.page-sub')).toContainText(/Queued .* by /);
  // RT4: what has changed since is told in its line, and there is nothing else to say.
  await page.getByRole('button', { name: 'Retry Plan' }).click();
  const again = page.getByRole('dialog', { name: `Retry Plan #${waits}` });
  await expect(again.getByRole('row').filter({ hasText: 'Harbour UI' })).toContainText('already there');
  await expect(again.getByRole('row').filter({ hasText: 'Document Vault' })).toContainText('Same tag');
  await expect(again.locator('.notice')).toHaveCount(0);
  await again.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText('Draft, only you see it')).toBeVisible();
  await expect(page.locator('.ed-origin')).toHaveText(new RegExp(`^Retry of plan #${waits}\\.$`));
});

test('for Production the question comes before the switch, not before preparing', async ({ page }) => {
  await page.goto(`${demo.url}/environments`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Change how Production takes plans' }).click();
  const rulesOf = page.getByRole('dialog', { name: 'How Production takes plans' });
  await rulesOf.getByText('Deploy in two stages', { exact: true }).click();
  await rulesOf.getByRole('button', { name: 'Save' }).click();
  await expect(rulesOf).toBeHidden();
  const number = await newPlan(page, demo, 1, 2);
  await addApplication(page, 'Notifications Hub');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await page.getByRole('button', { name: 'Prepare deployment' }).click();
  await expect(page.getByText('Prepared. Nothing has changed in Production yet.')).toBeVisible({ timeout: 120_000 });
  // Here, and from the list.
  const question = page.getByRole('dialog', { name: 'Deploy to Production now?' });
  await page.getByRole('button', { name: 'Continue deployment' }).click();
  await expect(question).toContainText(`Plan #${number} is prepared.`);
  await expectAccessible(page);
  await question.getByRole('button', { name: 'Do not deploy yet' }).click();
  await expect(question).toBeHidden();
  await page.goto(`${demo.url}/plans`);
  await hydrated(page);
  await page.getByRole('button', { name: `Continue deployment: plan #${number}` }).click();
  await expect(question).toContainText('Notifications Hub 3.3');
  await question.getByRole('button', { name: 'Deploy to Production' }).click();
  await expect(question).toBeHidden();
  await page.goto(`${demo.url}/plans/${number}`);
  await hydrated(page);
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
});

// Several plans for one target: what keeps one from starting beside another is told with both
// modules, the path and the other plan; a slot is waited for; and the list offers what each status
// allows. Its demo is its own, as it changes how Quality takes plans.

import { expect, hydrated, signIn, test } from '../fixtures';
import { agentOf, changeRules, ownDemo, type OwnDemo } from './own-demo';
import { addApplication, newPlan, saved } from './plan-story';
import { ownApplication } from './publish';
import type { Page } from '@playwright/test';

const LOG = 'Quay Log';

let demo: OwnDemo;
/** Harbour UI and Document Vault, both prepared. */
let first: number;
let second: number;
/** Customer Core, saved; what waits for a slot. */
let related: number;
let waits: number;

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });
test.describe.configure({ mode: 'serial', timeout: 180_000 });

test.beforeAll(async () => {
  test.setTimeout(180_000);
  demo = await ownDemo('parallel');
});

test.afterAll(() => demo.end());

test.beforeEach(async ({ page }) => {
  await signIn(page, demo);
});

async function prepare(page: Page, application: string): Promise<number> {
  const number = await newPlan(page, demo);
  await addApplication(page, application);
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await page.getByRole('button', { name: 'Prepare deployment' }).click();
  await expect(page.getByText('Prepared. Nothing has changed in Quality yet.')).toBeVisible({ timeout: 60_000 });
  return number;
}

/** A plan in the list, and what its menu offers. */
const listed = (page: Page, number: number) => page.locator(`tr[data-plan="${number}"]`);

async function openList(page: Page): Promise<void> {
  await page.goto(`${demo.url}/plans`);
  await hydrated(page);
}

async function menuOf(page: Page, number: number, entries: string[]): Promise<void> {
  await page.getByRole('button', { name: `More for plan #${number}` }).click();
  await expect(page.getByRole('menuitem')).toHaveText(entries);
}

/** Where the plan stands in its line: since when, by whom, and when its turn comes. */
async function tellsItsPlace(page: Page, estimate: string | RegExp): Promise<void> {
  await expect(page.getByText('1st of 1 in line')).toBeVisible();
  await expect(page.locator('.page-sub')).toContainText(/Since \d+ (s|min) ago.*\d\d:\d\d.*, by \S+/);
  await expect(page.getByTestId('line-estimate')).toHaveText(estimate);
}

/** Nobody knows when somebody continues what is prepared. */
const NOBODY_KNOWS = 'There is no estimate of when its turn comes.';

test('PM2, PM5: a related module is named with the path to the other plan\'s, an unrelated one is free', async ({ page }) => {
  await changeRules(page, demo, (dialog) => dialog.getByText('Deploy in two stages', { exact: true }).click());
  first = await prepare(page, 'Harbour UI');
  related = await newPlan(page, demo);
  await addApplication(page, 'Customer Core');
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  const finding = page.locator('.finding').filter({ hasText: 'Customer Core depends on what another plan is moving' });
  await expect(finding).toContainText(new RegExp(`Plan #${first} .*brings HarbourTheme, which is bound to CustomerCentre`));
  await expect(finding.locator('.path').first()).toContainText('CustomerCentre → HarbourTheme');
  await expect(finding.getByRole('button', { name: `Open #${first}` })).toBeVisible();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await saved(page, related);
  await page.getByRole('button', { name: 'Start when free' }).click();
  await expect(page.getByRole('heading', { name: 'Waits until Quality is free for it.' })).toBeVisible();
  await tellsItsPlace(page, NOBODY_KNOWS);
  const waitsFor = page.getByRole('region', { name: 'Waits for' });
  await expect(waitsFor.getByRole('link', { name: new RegExp(`^#${first} `) })).toBeVisible();
  await expect(waitsFor).toContainText('CustomerCentre → HarbourTheme');
  await page.getByRole('button', { name: 'Leave the queue' }).click();
  await expect(page.getByRole('button', { name: 'Start when free' })).toBeVisible();
  // PM5: what neither refers to it nor is referred to by it goes beside it.
  second = await prepare(page, 'Document Vault');
});

test('PM3, PM4: no slot is left, then one plan runs at a time; both say which plans run', async ({ page }) => {
  ownApplication(demo, LOG, 81).publish('one');
  const administrator = await page.context().newPage();
  await changeRules(administrator, demo, (dialog) => dialog.getByLabel('At most').fill('2'));
  waits = await newPlan(page, demo);
  await addApplication(page, LOG);
  await expect(page.locator('#verdict-title')).toHaveText('Cannot run yet: 1 error');
  const findings = page.locator('#findings');
  await expect(findings).toContainText('All slots of Quality are in use');
  await expect(findings).toContainText(new RegExp(`2 plans may run there at a time\\. Now: #${first} .*, #${second} `));
  for (const number of [first, second]) await expect(findings.getByRole('button', { name: `Open #${number}` })).toBeVisible();
  // The editor hears of what an administrator changes.
  await changeRules(administrator, demo, (dialog) => dialog.getByText('Run plans in parallel', { exact: true }).click());
  await expect(administrator.getByRole('article', { name: 'Quality' })).toContainText('One plan at a time');
  await administrator.close();
  await expect(findings).toContainText('Quality takes one plan at a time');
  await expect(findings).toContainText(`Plan #${first} `);
  await expect(page.getByRole('button', { name: /^Prepare deployment/ })).toHaveAttribute('aria-disabled', 'true');

  await page.getByRole('button', { name: 'Start when free' }).click();
  await expect(page.getByRole('heading', { name: 'Waits until Quality is free for it.' })).toBeVisible();
  await tellsItsPlace(page, NOBODY_KNOWS);
  const waitsFor = page.getByRole('region', { name: 'Waits for' });
  await expect(waitsFor).toContainText('The slot: one plan runs at a time');
  for (const number of [first, second]) {
    await expect(waitsFor.getByRole('link', { name: new RegExp(`^#${number} `) })).toBeVisible();
  }
  await expect(waitsFor).toContainText(/Prepared: it goes on when somebody continues it\. Started /);
});

test('from the list: one that is prepared is aborted', async ({ page }) => {
  await openList(page);
  await expect(listed(page, first).getByRole('button', { name: `Continue deployment: plan #${first}` })).toBeVisible();
  await menuOf(page, first, ['Copy link', 'Abort…']);
  await page.getByRole('menuitem', { name: 'Abort…' }).click();
  const abort = page.getByRole('dialog', { name: `Abort plan #${first}?` });
  await expect(abort).toContainText('Nothing was switched yet.');
  await expect(abort.getByRole('button', { name: 'Abort plan' })).toHaveAttribute('aria-disabled', 'true');
  await abort.getByLabel('Reason').fill('Another day.');
  await abort.getByRole('button', { name: 'Abort plan' }).click();
  await expect(abort).toBeHidden();
  await expect(listed(page, first)).toContainText('Aborted', { timeout: 60_000 });
  await expect(listed(page, first).getByRole('button', { name: `Retry Plan #${first}` })).toBeVisible();
});

test('from the list: while one runs another leaves the queue and is discarded, and the one that runs is aborted', async ({ page }) => {
  await openList(page);
  // The agent holds its breath, so that the run is not over before anybody can stop it.
  const agent = agentOf(demo.data, 'quality');
  process.kill(agent, 'SIGSTOP');
  try {
    await listed(page, second).getByRole('button', { name: `Continue deployment: plan #${second}` }).click();
    await expect(listed(page, second)).toContainText('Running');
    await menuOf(page, second, ['Copy link']);
    await page.keyboard.press('Escape');

    // What runs is over some time: it can be said when.
    await listed(page, waits).getByRole('link', { name: new RegExp(`^#${waits} `) }).click();
    await tellsItsPlace(page, /^Going by earlier runs, its turn comes (any moment|in about \d+ min|in \d+ to \d+ min)\.$/);
    await openList(page);
    await menuOf(page, waits, ['Copy link']);
    await page.keyboard.press('Escape');
    await listed(page, waits).getByRole('button', { name: `Leave the queue: plan #${waits}` }).click();
    await expect(listed(page, waits)).toContainText('Saved');
    await expect(listed(page, waits).getByRole('link', { name: `Edit plan #${waits}` })).toBeVisible();

    const discard = page.getByRole('dialog', { name: `Discard plan #${waits}?` });
    for (const answer of ['Keep it', 'Discard plan']) {
      await page.getByRole('button', { name: `More for plan #${waits}` }).click();
      await page.getByRole('menuitem', { name: 'Discard plan' }).click();
      await expect(discard.getByRole('button', { name: 'Keep it' })).toBeFocused();
      await expect(listed(page, waits)).toHaveCount(1);
      await discard.getByRole('button', { name: answer }).click();
      await expect(discard).toBeHidden();
    }
    const discarded = page.locator('.toast').filter({ hasText: `Plan #${waits} discarded` });
    await expect(listed(page, waits)).toHaveCount(0);
    // It was the wrong one.
    await discarded.getByRole('button', { name: 'Undo' }).click();
    await expect(listed(page, waits)).toContainText('Saved');
    await expect(page.locator('.toast').filter({ hasText: `Plan #${waits} is back` })).toBeVisible();
    await expect(discarded).toHaveCount(0);
    await page.getByRole('button', { name: `More for plan #${waits}` }).click();
    await page.getByRole('menuitem', { name: 'Discard plan' }).click();
    await discard.getByRole('button', { name: 'Discard plan' }).click();
    await expect(discarded).toBeVisible();
    await expect(listed(page, waits)).toHaveCount(0);

    await listed(page, second).getByRole('button', { name: `Abort plan #${second}` }).click();
    const abort = page.getByRole('dialog', { name: `Abort plan #${second}?` });
    await abort.getByLabel('Reason').fill('Wrong day.');
    await abort.getByRole('button', { name: 'Abort plan' }).click();
    await expect(abort).toBeHidden();
    // Until it has ended there is nothing to press but its menu.
    await expect(listed(page, second)).toContainText('Aborting');
    await expect(listed(page, second).locator('.c-acts').getByRole('button')).toHaveCount(1);
  } finally {
    process.kill(agent, 'SIGCONT');
  }
  await expect(listed(page, second)).toContainText('Wrong day.', { timeout: 60_000 });
  await expect(listed(page, second)).toContainText('Aborted');
});

test('PM4: where one saved plan is taken at a time, a draft names the one that is not over', async ({ page }) => {
  const administrator = await page.context().newPage();
  const flip = () => changeRules(administrator, demo, (dialog) => dialog.getByText('Several saved plans', { exact: true }).click());
  await flip();
  await expect(administrator.getByRole('article', { name: 'Quality' })).toContainText('One saved plan at a time');
  await newPlan(page, demo);
  await addApplication(page, 'Document Vault');
  const notice = page.getByRole('status').filter({ hasText: 'The target takes one saved plan at a time.' });
  await expect(notice.getByRole('link', { name: new RegExp(`^#${related} `) })).toBeVisible();
  const save = page.getByRole('button', { name: 'Save', exact: true });
  await expect(save).toHaveAttribute('aria-disabled', 'true');
  await expect(save).toHaveAttribute('title', `The target takes one saved plan at a time, and #${related} is not over.`);
  await expect(page.getByRole('button', { name: 'Prepare deployment' })).toHaveAttribute('aria-disabled', 'true');
  // Allowed again, it can be saved without a reload.
  await flip();
  await expect(notice).toHaveCount(0);
  await expect(save).not.toHaveAttribute('aria-disabled', 'true');
  await administrator.close();
});

test('what was aborted is retried and runs to its end; the original stays as it is', async ({ page }) => {
  await openList(page);
  await listed(page, first).getByRole('button', { name: `Retry Plan #${first}` }).click();
  const dialog = page.getByRole('dialog', { name: `Retry Plan #${first}` });
  await expect(dialog.getByRole('row').filter({ hasText: 'Harbour UI' })).toContainText('Same tag');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(page.locator('.ed-origin')).toHaveText(new RegExp(`^Retry of plan #${first}\\.$`));
  const number = Number(new URL(page.url()).pathname.split('/').pop());
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await page.getByRole('button', { name: 'Prepare deployment' }).click();
  await page.getByRole('button', { name: 'Continue deployment' }).click({ timeout: 60_000 });
  await expect(page.getByText(/^Done in .* Brought Harbour UI 9\.5 to Quality/)).toBeVisible({ timeout: 60_000 });
  await openList(page);
  await expect(listed(page, number)).toContainText('Finished');
  await menuOf(page, number, ['Copy link', 'Roll back…']);
  await expect(listed(page, first)).toContainText('Aborted');
});

test('from the list: a saved plan with errors goes on, with a reason', async ({ page }) => {
  const number = await newPlan(page, demo);
  await addApplication(page, 'Broker Portal');
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await saved(page, number);
  await openList(page);
  // Checked, it says so, and the menu has a way on.
  await page.getByRole('button', { name: `More for plan #${number}` }).click();
  await page.getByRole('menuitem', { name: 'Validate' }).click();
  await expect(page.locator('.toast').filter({ hasText: new RegExp(`Plan #${number}: \\d+ errors?`) })).toBeVisible();
  await expect(listed(page, number).getByRole('link', { name: /^See errors/ })).toBeVisible();
  await menuOf(page, number, ['Copy link', 'Validate', 'Continue with errors…', 'Discard plan']);
  await page.getByRole('menuitem', { name: 'Continue with errors…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Deploy to Quality with errors?' });
  const go = dialog.getByRole('button', { name: 'Continue with errors' });
  await expect(go).toHaveAttribute('aria-disabled', 'true');
  await dialog.getByLabel('Reason').fill('Document Vault follows tonight.');
  await go.click();
  await expect(page.getByText('Prepared. Nothing has changed in Quality yet.')).toBeVisible({ timeout: 60_000 });
});

// Plans that stand still until somebody lets them go on: prepared, while their target becomes another
// one; in line in spite of errors; suspended, because the agent stays away. Their demo is their own, as
// they change how Quality takes plans and stop its agent.

import { expect, expectAccessible, hydrated, signIn, test } from '../fixtures';
import { agentOf, changeRules, ownDemo, type OwnDemo } from './own-demo';
import { addApplication, newPlan } from './plan-story';
import { ownApplication, type Published } from './publish';
import type { Page } from '@playwright/test';

const PREPARED = 'Prepared. Nothing has changed in Quality yet.';
const REASON = 'Document Vault follows tonight.';

let demo: OwnDemo;
let bell: Published;

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });
test.describe.configure({ mode: 'serial', timeout: 180_000 });

test.beforeAll(async () => {
  test.setTimeout(180_000);
  demo = await ownDemo('paused');
  bell = ownApplication(demo, 'Quay Bell', 91);
});

test.afterAll(() => demo.end());

test.beforeEach(async ({ page }) => {
  await signIn(page, demo);
});

/** A plan that brings what Development runs of an application, ready to run. */
async function readyPlan(page: Page, application: string): Promise<number> {
  const number = await newPlan(page, demo);
  await addApplication(page, application);
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  return number;
}

/** A plan in the list. */
const listed = (page: Page, number: number) => page.locator(`tr[data-plan="${number}"]`);

async function openList(page: Page): Promise<void> {
  await page.goto(`${demo.url}/plans`);
  await hydrated(page);
}

async function openRun(page: Page, number: number): Promise<void> {
  await page.goto(`${demo.url}/plans/${number}`);
  await hydrated(page);
}

const served = async () => (await fetch(`${demo.environments[1]!.url}/quaybell/`)).text();

test('a target that has changed since refuses to be switched; a reason goes on', async ({ page }) => {
  bell.publish('one');
  await readyPlan(page, bell.name);
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  await changeRules(page, demo, (dialog) => dialog.getByText('Deploy in two stages', { exact: true }).click());
  bell.publish('two');
  const number = await readyPlan(page, bell.name);
  await page.getByRole('button', { name: 'Prepare deployment' }).click();
  await expect(page.getByText(PREPARED)).toBeVisible({ timeout: 60_000 });

  // Meanwhile somebody mends it by hand, and the console hears of it.
  bell.publishOutside('by hand', 'quality');
  await page.goto(`${demo.url}/applications?search=Quay`);
  await hydrated(page);
  await expect(page.locator('[data-lane="Quality"]').first()).toContainText('Changed outside');

  // From the list one is led to where it is told.
  await openList(page);
  await listed(page, number).getByRole('button', { name: `Continue deployment: plan #${number}` }).click();
  await expect(page.locator('.toast').filter({ hasText: `Plan #${number} was not continued` })).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/plans/${number}$`));
  await expect(page.getByText(PREPARED)).toBeVisible();

  const goOn = page.getByRole('button', { name: 'Continue deployment' });
  await goOn.click();
  const dialog = page.getByRole('dialog', { name: `Quality has changed since plan #${number} was prepared` });
  await expect(dialog.getByRole('listitem')).toHaveText([/^Quay Bell was changed in Quality, outside Slipway\./]);
  const anyway = dialog.getByRole('button', { name: 'Continue with errors' });
  await expect(anyway).toHaveAttribute('aria-disabled', 'true');
  await expect(anyway).toHaveAttribute('title', 'Give a reason first');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Continue later' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(PREPARED)).toBeVisible();
  expect(await served()).toContain('by hand');

  await goOn.click();
  await dialog.getByLabel('Reason').fill('What was mended by hand is in it.');
  await anyway.click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  expect(await served()).toContain('two');
});

test('Start when free in spite of errors asks for the reason, and starts with it', async ({ page }) => {
  // One plan runs at a time, and one is prepared.
  await changeRules(page, demo, (dialog) => dialog.getByLabel('At most').fill('1'));
  bell.publish('three');
  const holds = await readyPlan(page, bell.name);
  await page.getByRole('button', { name: 'Prepare deployment' }).click();
  await expect(page.getByText(PREPARED)).toBeVisible({ timeout: 60_000 });

  const number = await newPlan(page, demo);
  await addApplication(page, 'Broker Portal');
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  await expect(page.locator('#findings')).toContainText('Quality takes one plan at a time');
  await page.getByRole('button', { name: 'Start when free', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Deploy to Quality with errors when it is free?' });
  await expect(dialog).toContainText('as soon as no other plan is in the way');
  const wait = dialog.getByRole('button', { name: 'Start when free' });
  await expect(wait).toHaveAttribute('aria-disabled', 'true');
  await expectAccessible(page);
  await dialog.getByLabel('Reason').fill(REASON);
  await wait.click();
  await expect(page.getByRole('heading', { name: 'Waits until Quality is free for it.' })).toBeVisible();
  const inSpite = `It starts in spite of the errors that were found when it was put in line: ${REASON}`;
  await expect(page.getByText(inSpite)).toBeVisible();
  await expectAccessible(page);

  // When its turn comes it starts, and says why.
  const other = await page.context().newPage();
  await openRun(other, holds);
  await other.getByRole('button', { name: 'Continue deployment' }).click();
  await expect(other.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  await other.close();
  await expect(page.getByText(PREPARED)).toBeVisible({ timeout: 60_000 });
  const because = page.locator('.notice').filter({ hasText: 'Started in spite of errors by' });
  await expect(because).toContainText(REASON);
  await page.getByRole('button', { name: `Abort plan #${number}` }).click();
  const abort = page.getByRole('dialog', { name: `Abort plan #${number}?` });
  await abort.getByLabel('Reason').fill('Seen enough.');
  await abort.getByRole('button', { name: 'Abort plan' }).click();
  await expect(page).toHaveTitle(/^Aborted/, { timeout: 60_000 });
});

test('a plan whose agent stays away is suspended, and goes on when it is back', async ({ page }) => {
  // An agent is waited for for three minutes.
  test.setTimeout(420_000);
  bell.publish('four');
  const number = await readyPlan(page, bell.name);
  const agent = agentOf(demo.data, 'quality');
  process.kill(agent, 'SIGSTOP');
  try {
    await page.getByRole('button', { name: 'Prepare deployment' }).click();
    await expect(page.getByRole('button', { name: `Abort plan #${number}` })).toBeVisible();
    const suspended = page.getByRole('region', { name: 'Suspended. Nothing has changed in Quality.' });
    await expect(suspended).toBeVisible({ timeout: 300_000 });
    await expect(suspended).toContainText('Continue when it is back');
    await expect(suspended).toContainText(/Cannot be continued now: The agent of Quality is away/);
    await expect(suspended).toContainText(/Ends in \d+ d/);
    await expect(page.getByRole('button', { name: 'Continue deployment' })).toHaveAttribute('aria-disabled', 'true');
    await expect(page.getByRole('button', { name: `Abort plan #${number}` })).not.toHaveAttribute('aria-disabled', 'true');
    await expectAccessible(page);

    // The list says it, and offers the same.
    const list = await page.context().newPage();
    await openList(list);
    await expect(listed(list, number)).toContainText('Suspended');
    await expect(listed(list, number)).toContainText(/ends in \d+ d/);
    await expect(listed(list, number).getByRole('button', { name: `Continue deployment: plan #${number}` })).toBeVisible();
    await list.getByRole('button', { name: `More for plan #${number}` }).click();
    await expect(list.getByRole('menuitem')).toHaveText(['Copy link', 'Abort…']);
    await list.getByRole('menuitem', { name: 'Abort…' }).click();
    const abort = list.getByRole('dialog', { name: `Abort plan #${number}?` });
    await expect(abort).toContainText('Nothing was switched yet.');
    await list.close();
  } finally {
    process.kill(agent, 'SIGCONT');
  }
  const goOn = page.getByRole('button', { name: 'Continue deployment' });
  await expect(goOn).not.toHaveAttribute('aria-disabled', 'true', { timeout: 60_000 });
  await goOn.click();
  await expect(page.getByText(PREPARED)).toBeVisible({ timeout: 60_000 });
  await goOn.click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  expect(await served()).toContain('four');
});

// What is done with a plan besides deploying what is ready: relinking consumers, tagging in the same
// step, aborting, a console that is restarted or killed in the middle, and going on in spite of
// errors. Its demo is its own, as it leaves Quality with errors; that comes last.

import { expect, hydrated, signIn, test } from '../fixtures';
import { expectProgress, gatedApplication, progressOf, stepsUnderWay, whileItHoldsItsBreath, type Gated } from './held';
import { agentOf, ownDemo, type OwnDemo } from './own-demo';
import { addApplication, makeReady, newPlan, row } from './plan-story';
import type { Page } from '@playwright/test';

let demo: OwnDemo;
let lock: Gated;

// Not the worker's demo: its sign-in and address.
test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });
test.describe.configure({ mode: 'serial', timeout: 300_000 });

test.beforeAll(async () => {
  test.setTimeout(180_000);
  demo = await ownDemo('deploy');
  lock = gatedApplication(demo, 'Tide Lock', 71);
});

test.afterAll(() => demo.end());

test.beforeEach(async ({ page }) => {
  await signIn(page, demo);
});

/** What Quality serves at this path. */
const served = async (path: string) => (await fetch(`${demo.environments[1]!.url}${path}`)).text();

/** What the matrix says of an application in Quality. */
async function inQuality(page: Page, name: string) {
  await page.goto(`${demo.url}/applications?search=${encodeURIComponent(name)}`);
  await hydrated(page);
  return page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) }).locator('[data-lane="Quality"]');
}

test('a consumer is linked again with the version that it uses, and no other is', async ({ page }) => {
  const theme = (of: string) => served(`/${of}/producers/HarbourTheme/theme.css`);
  for (const of of ['customers', 'claims']) expect(await theme(of)).toContain('Harbour theme, edition 1');
  const number = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await expect(row(page, 'Harbour UI')).toContainText('9.5');
  const consumers = page.getByRole('group', { name: /Also republish these consumers in Quality/ });
  await expect(consumers.getByRole('checkbox', { name: 'ClaimsPortal of Claims Portal' })).not.toBeChecked();
  await consumers.getByRole('checkbox', { name: 'CustomerCentre of Customer Core' }).check();
  await expect(consumers.getByText('will be linked again')).toHaveCount(1);
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole('region', { name: 'Modules' })).toContainText('CustomerCentre');
  // Its own content is what it was; what is linked into it is the new version's.
  expect(await theme('customers')).toContain('Harbour theme, edition 2');
  expect(await served('/customers/')).toContain('data-edition="1"');
  // What was not ticked keeps the old behaviour, and counts as outdated.
  expect(await theme('claims')).toContain('Harbour theme, edition 1');
  await expect(await inQuality(page, 'Claims Portal')).toContainText(/\d+ outdated refs?/);
  await expect(await inQuality(page, 'Customer Core')).not.toContainText('outdated');
  await page.goto(`${demo.url}/plans`);
  await expect(page.getByRole('row').filter({ hasText: `#${number}` })).toContainText('Finished');
});

test('a plan that tags as it starts is aborted, and the target runs what it ran before', async ({ page }) => {
  const before = await served('/claims/');
  const number = await newPlan(page, demo);
  await addApplication(page, 'Claims Portal');
  // What Development runs was never tagged: the tag is made with the start.
  await expect(row(page, 'Claims Portal').getByRole('combobox')).toHaveValue('tag');
  await makeReady(page);
  // The agent holds its breath, so that the run is not over before anybody can stop it.
  await whileItHoldsItsBreath(agentOf(demo.data, 'quality'), async () => {
    await page.getByRole('button', { name: 'Deploy now' }).click();
    await page.getByRole('button', { name: `Abort plan #${number}` }).click();
    const dialog = page.getByRole('dialog', { name: `Abort plan #${number}?` });
    await dialog.getByLabel('Reason').fill('Wrong day.');
    await dialog.getByRole('button', { name: 'Abort plan' }).click();
    await expect(dialog).toBeHidden();
  });
  await expect(page).toHaveTitle(/^Aborted/, { timeout: 120_000 });
  await expect(page.getByText('Wrong day.').first()).toBeVisible();
  await page.getByRole('button', { name: 'Read why it was aborted' }).click();
  await expect(page.getByRole('log').locator('.ln.target')).toContainText('Wrong day.');
  expect(await served('/claims/')).toBe(before);
});

for (const [position, [ends, signal]] of ([['stopped', 'SIGINT'], ['killed', 'SIGKILL']] as const).entries()) {
  test(`a run goes on where it was when the page is reloaded and when the console is ${ends} and started again`, async ({ page, said }) => {
    const edition = position + 1;
    lock.publish(edition);
    const number = await newPlan(page, demo);
    await addApplication(page, lock.name);
    await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
    const before = await served(`${lock.path}/data`);
    lock.close(edition);
    await page.getByRole('button', { name: 'Deploy now' }).click();
    // Half is done, and the service of the second wave does not come up.
    await expect(stepsUnderWay(page).last()).toHaveText(/^Switch wave 2 .*Running$/);
    await expect(page.getByRole('log').locator('.ln').last()).toContainText('Activate, wave 2 of 2');
    // Five of nine steps: the title comes a moment after the steps.
    await expect(page).toHaveTitle(/^55% /);
    const progress = await progressOf(page);
    expect(progress.done.join()).toMatch(/Transfer Done.*Prepare Done.*Switch wave 1 .*Done \d/);
    expect(progress.steps.join()).toMatch(/Finish Waiting.*Synchronize Quality Waiting/);

    await page.reload();
    await hydrated(page);
    await expectProgress(page, progress);

    await demo.restart(signal);
    // Sessions outlive the console, too.
    await page.goto(`${demo.url}/plans/${number}`);
    await hydrated(page);
    await expectProgress(page, progress, true);
    const log = page.getByRole('log');
    await expect(log).toContainText('The console was restarted or another one took over.');
    await expect(page.getByText(/^Done in /)).toHaveCount(0);
    await expect.poll(() => served(`${lock.path}/data`)).toBe(before);

    lock.open(edition);
    await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
    await expect(page).toHaveTitle(/^Finished/);
    // What was done before was not done again.
    const after = await progressOf(page);
    expect(after.log.slice(0, progress.log.length)).toEqual(progress.log);
    expect(after.done).toEqual(expect.arrayContaining(progress.done));
    expect(JSON.parse(await served(`${lock.path}/data`))).toMatchObject({ edition });
    // The page that lost its console says so in the browser's own words, and nothing else.
    said.splice(0, said.length, ...said.filter((line) => !/ERR_|Failed to (load|fetch)/.test(line)));
  });
}

test('a plan is aborted when everything is switched and only its end is missing', async ({ page }) => {
  const before = await served(`${lock.path}/data`);
  lock.publish(8);
  const number = await newPlan(page, demo);
  await addApplication(page, lock.name);
  const settings = page.getByRole('region', { name: 'Settings' });
  await settings.getByText(/^All settings/).click();
  await settings.getByRole('textbox', { name: 'Value of Pass for Quality' }).fill('-held');
  await page.keyboard.press('Tab');
  await settings.getByRole('radio', { name: 'after activation' }).check();
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  // The service comes up with the switch, and not again with its new value.
  lock.close(8, '-held');
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(stepsUnderWay(page).last()).toHaveText(/^New site property values for 1 module.*Running$/);
  await page.getByRole('button', { name: `Abort plan #${number}` }).click();
  const dialog = page.getByRole('dialog', { name: `Abort plan #${number}?` });
  await expect(dialog).toContainText('What was switched already is switched back, last first.');
  await dialog.getByLabel('Reason').fill('The value is wrong.');
  await dialog.getByRole('button', { name: 'Abort plan' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('Stopping. What was switched in Quality is being switched back.')).toBeVisible();
  lock.open(8, '-held');
  await expect(page).toHaveTitle(/^Aborted/, { timeout: 120_000 });
  await expect(page.getByText('Quality still runs what it ran before.')).toBeVisible();
  expect(await served(`${lock.path}/data`)).toBe(before);
  // Nothing of it was recorded.
  await expect(await inQuality(page, lock.name)).not.toContainText('0.3');
});

test('a plan goes on in spite of errors, with a reason', async ({ page }) => {
  await newPlan(page, demo);
  await addApplication(page, 'Broker Portal');
  await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet/);
  await expect(page.getByRole('button', { name: 'Deploy now' })).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('button', { name: 'Continue with errors' }).click();
  const dialog = page.getByRole('dialog', { name: 'Deploy to Quality with errors?' });
  const go = dialog.getByRole('button', { name: 'Continue with errors' });
  await expect(go).toHaveAttribute('aria-disabled', 'true');
  await dialog.getByLabel('Reason').fill('Document Vault follows tonight.');
  await go.click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
  await expect(page).toHaveTitle(/^Finished/);
  await expect(await inQuality(page, 'Broker Portal')).toContainText(/\d+ broken refs?/);
});

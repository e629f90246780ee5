// What is done with a plan besides deploying what is ready: relinking consumers, tagging in the same
// step, aborting, a console that is restarted in the middle, and going on in spite of errors. Its
// demo is its own, as it leaves Quality with errors; that comes last.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { expect, hydrated, signIn, startDemo, stopDemo, test, type Demo } from '../fixtures';
import { agentOf } from './own-demo';
import { addApplication, makeReady, newPlan, row } from './plan-story';

let data: string;
let child: ChildProcess;
let demo: Demo;

// Not the worker's demo: its sign-in and address.
test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });
test.describe.configure({ mode: 'serial', timeout: 300_000 });

test.beforeAll(async () => {
  test.setTimeout(180_000);
  data = mkdtempSync(join(tmpdir(), 'slipway-deploy-'));
  ({ child, demo } = await startDemo(data));
});

test.afterAll(async () => {
  await stopDemo(child);
  rmSync(data, { recursive: true, force: true });
});

test.beforeEach(async ({ page }) => {
  await signIn(page, demo);
});

test('a consumer is linked again with the version that it uses', async ({ page }) => {
  const number = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await expect(row(page, 'Harbour UI')).toContainText('9.5');
  const consumers = page.getByRole('group', { name: /Also republish these consumers in Quality/ });
  await consumers.getByRole('checkbox').first().check();
  await expect(consumers.getByText('will be linked again')).toBeVisible();
  const name = await consumers.locator('label').first().innerText();
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
  await expect(page.locator('body')).toContainText(name.split(' of ')[0] ?? name);
  await page.goto(`${demo.url}/plans`);
  await expect(page.getByRole('row').filter({ hasText: `#${number}` })).toContainText('Finished');
});

test('a plan that tags as it starts is aborted, and the target runs what it ran before', async ({ page }) => {
  const before = await (await fetch(`${demo.environments[1]?.url}/claims/`)).text();
  const number = await newPlan(page, demo);
  await addApplication(page, 'Claims Portal');
  // What Development runs was never tagged: the tag is made with the start.
  await expect(row(page, 'Claims Portal').getByRole('combobox')).toHaveValue('tag');
  await makeReady(page);
  // The agent holds its breath, so that the run is not over before anybody can stop it.
  const agent = agentOf(data, 'quality');
  process.kill(agent, 'SIGSTOP');
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await page.getByRole('button', { name: `Abort plan #${number}` }).click();
  const dialog = page.getByRole('dialog', { name: `Abort plan #${number}?` });
  await dialog.getByLabel('Reason').fill('Wrong day.');
  await dialog.getByRole('button', { name: 'Abort plan' }).click();
  await expect(dialog).toBeHidden();
  process.kill(agent, 'SIGCONT');
  await expect(page).toHaveTitle(/^Aborted/, { timeout: 120_000 });
  await expect(page.getByText('Wrong day.').first()).toBeVisible();
  await page.getByRole('button', { name: 'Read why it was aborted' }).click();
  await expect(page.getByRole('log').locator('.ln.target')).toContainText('Wrong day.');
  expect(await (await fetch(`${demo.environments[1]?.url}/claims/`)).text()).toBe(before);
});

test('a run goes on where it was when the console is started again', async ({ page, said }) => {
  const number = await newPlan(page, demo);
  await addApplication(page, 'Claims Portal');
  await makeReady(page);
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByRole('heading', { name: 'Steps' })).toBeVisible();
  await stopDemo(child);
  ({ child, demo } = await startDemo(data));
  // Sessions outlive the console, too.
  await page.goto(`${demo.url}/plans/${number}`);
  await hydrated(page);
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
  // The page that lost its console says so in the browser's own words, and nothing else.
  said.splice(0, said.length, ...said.filter((line) => !/ERR_|Failed to (load|fetch)/.test(line)));
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
});

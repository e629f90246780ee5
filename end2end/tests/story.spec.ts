// The main job, once, on real parts: a tagged version goes from Development to Quality. Its demo is
// its own, so that no other test has moved anything.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, expectAccessible, hydrated, signIn, startDemo, stopDemo, test } from '../fixtures';
import { expectProgress, progressOf, stepsUnderWay, whileItHoldsItsBreath } from './held';
import { agentOf } from './own-demo';
import { addApplication, row } from './plan-story';

const NAME = 'Claims Portal';

// Not the worker's demo: its sign-in and address.
test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });

test('a tagged version goes from Development to Quality', async ({ page, context }) => {
  test.setTimeout(300_000);
  const data = mkdtempSync(join(tmpdir(), 'slipway-story-'));
  const { child, demo } = await startDemo(data);
  const [development, quality] = demo.environments as [{ name: string; url: string }, { name: string; url: string }];
  const edition = async (environment: { url: string }) => {
    const answer = await context.request.get(`${environment.url}/claims/`);
    expect(answer.ok()).toBe(true);
    return /data-edition="(\d)"/.exec(await answer.text())?.[1];
  };
  try {
    // Quality serves the first edition, Development the third, which was never tagged.
    expect(await edition(quality)).toBe('1');
    expect(await edition(development)).toBe('3');

    await signIn(page, demo);
    const matrix = page.getByRole('table', { name: /Version of each application/ });
    await expect(matrix.getByRole('row').filter({ hasText: NAME })).toContainText('2.14');

    // Its page, and a new tag with the proposed number.
    await matrix.getByRole('rowheader', { name: NAME }).getByRole('link').click();
    await expect(page.getByRole('heading', { level: 1, name: NAME })).toBeVisible();
    await page.getByRole('button', { name: /Tag a version/ }).click();
    const tag = page.getByRole('dialog', { name: /Tag a version of/ });
    await expect(tag.getByLabel('New tag')).toHaveValue('2.15');
    await tag.getByLabel('What changed').fill('Photos can be added from a phone.');
    await tag.getByRole('button', { name: 'Tag 2.15' }).click();
    await expect(tag).toBeHidden();
    await expect(page.getByRole('region', { name: 'Versions', exact: true })).toContainText('2.15');

    // A plan to Quality.
    await page.goto(`${demo.url}/plans`);
    await hydrated(page);
    await page.getByRole('link', { name: 'Create new deployment plan' }).or(page.getByRole('button', { name: 'Create new deployment plan' })).first().click();
    const create = page.getByRole('dialog', { name: 'Create new deployment plan' });
    await create.getByRole('button', { name: 'Continue' }).click();
    await expect(page).toHaveURL(/\/plans\/\d+$/);
    await addApplication(page, NAME);
    await expect(row(page, NAME)).toContainText('2.15');

    // Claims Core in Quality is too old for it: found at once, and settled by the smallest fix.
    await expect(page.locator('#verdict-title')).toHaveText(/^Cannot run yet: \d+ errors?$/);
    await expect(page.getByText('EstimateReserve').first()).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Add missing producers' }).click();
    await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
    await expect(row(page, 'Claims Core')).toContainText('2.14');

    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText(/Plan #\d+ saved/)).toBeVisible();

    // The run page, reloaded in the middle, to the end.
    await whileItHoldsItsBreath(agentOf(data, 'quality'), async () => {
      await page.getByRole('button', { name: 'Deploy now' }).click();
      await expect(stepsUnderWay(page).first()).toHaveText(/^Transfer .*Running$/);
      await expect(page.getByRole('log')).toContainText('Transfer to the agent');
      const progress = await progressOf(page);
      expect(progress.steps.join()).toMatch(/Prepare Waiting.*Activate Waiting.*Finish Waiting/);
      await page.reload();
      await hydrated(page);
      await expectProgress(page, progress);
    });
    await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 120_000 });
    await expect(page).toHaveTitle(/^Finished/);
    await expectAccessible(page);

    // The new version, served by Quality's agent.
    expect(await edition(quality)).toBe('3');
    const tab = await context.newPage();
    await tab.goto(`${quality.url}/claims/`);
    await expect(tab.getByText('photos can be added from a phone')).toBeVisible();
    await tab.close();

    await page.goto(`${demo.url}/applications`);
    await hydrated(page);
    await page.screenshot({ path: '../docs/applications.png' });
  } finally {
    await stopDemo(child);
    rmSync(data, { recursive: true, force: true });
  }
});

test('a second start keeps the data, and Ctrl-C stops all of it', async ({ page }) => {
  test.setTimeout(300_000);
  const data = mkdtempSync(join(tmpdir(), 'slipway-again-'));
  try {
    const first = await startDemo(data);
    expect(await stopDemo(first.child)).toBe(0);
    for (const environment of first.demo.environments) {
      await expect(fetch(environment.url)).rejects.toThrow();
    }
    const second = await startDemo(data);
    try {
      expect(second.demo.password).toBe(first.demo.password);
      expect(second.demo.applications).toEqual(first.demo.applications);
      await signIn(page, second.demo);
      const answer = await fetch(`${second.demo.environments[2]?.url}/rating/`);
      expect(await answer.text()).toContain('edition 3');
    } finally {
      await stopDemo(second.child);
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});

// A plan that is over is taken up again: reuse goes on to the next environment with the same tags,
// retry tries again what was aborted; both say what they cannot take over, and open an unsaved plan. The
// original stays as it is.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test, type RunningDemo } from '../fixtures';
import { agentOf } from './own-demo';
import { addApplication, newPlan, row } from './plan-story';
import { moveAway, publishOwn, type OwnApplication } from './publish-story';
import type { Page } from '@playwright/test';

/** A plan with these applications, ready to run. */
async function readyPlan(page: Page, demo: RunningDemo, applications: string[], from = 0, to = 1): Promise<number> {
  const number = await newPlan(page, demo, from, to);
  for (const application of applications) await addApplication(page, application);
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  return number;
}

/** The same, run to its end. */
async function run(page: Page, demo: RunningDemo, applications: string[], from = 0, to = 1): Promise<number> {
  const number = await readyPlan(page, demo, applications, from, to);
  await page.getByRole('button', { name: 'Deploy now' }).click();
  if (to === 2) await page.getByRole('dialog').getByRole('button', { name: 'Deploy to Production' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  return number;
}

test('a finished plan is reused, and the popup says what becomes of each application', async ({ page, demo }) => {
  // The demo's first plan brought everything from Development to Quality.
  await page.goto('/plans');
  await hydrated(page);
  await page.getByRole('button', { name: 'Reuse Plan #1', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Reuse Plan #1' });
  await expect(dialog.getByLabel('Source')).toHaveValue(/./);
  const chosen = (label: string) =>
    dialog.getByLabel(label).evaluate((select) => (select as HTMLSelectElement).selectedOptions[0]?.textContent);
  expect(await chosen('Source')).toBe(demo.environments[1]?.name);
  expect(await chosen('Target')).toBe(demo.environments[2]?.name);
  await expect(dialog.getByLabel('Keep the tags used in the original plan')).toBeChecked();
  // Production runs a hotfix of the Rating Engine, which is newer than its tag.
  await expect(dialog.getByText(/already runs Rating Engine/)).toBeVisible();
  await expectAccessible(page);

  // The same place twice cannot be.
  await dialog.getByLabel('Target').selectOption({ label: demo.environments[1]!.name });
  await expect(
    dialog.getByText('Source and target are the same environment. Choose two different ones.', { exact: true }),
  ).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Continue' })).toHaveAttribute('aria-disabled', 'true');

  // From Development the newest tags are to be had.
  await dialog.getByLabel('Source').selectOption({ label: demo.environments[0]!.name });
  await dialog.getByLabel('Keep the tags used in the original plan').uncheck();
  await expect(dialog.getByText('Newest tag').first()).toBeVisible();
  await expect(dialog.getByText(/Opens an unsaved plan with \d+ applications/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Continue' }).click();

  await expect(page).toHaveURL(/\/plans\/\d+$/);
  await expect(page.getByText('Draft, only you see it')).toBeVisible();
  await expect(page.getByText(/Made from\s+plan/)).toBeVisible();
  await page.getByRole('link', { name: '#1', exact: true }).click();
  // It is a draft: leaving asks.
  const gone = page.waitForResponse((response) => response.url().includes('/api/discard_plan'));
  await page.getByRole('dialog').getByRole('button', { name: 'Discard draft' }).click();
  await gone;
  await expect(page.getByText(/^Done in /)).toBeVisible();
  await page.getByRole('button', { name: 'Reuse Plan' }).click();
  await expect(page.getByRole('dialog', { name: 'Reuse Plan #1' })).toBeVisible();
});

test('each thing that cannot be taken over is said, in the popup and in the opened plan', async ({ page, demo }) => {
  test.setTimeout(240_000);
  const kiosk: OwnApplication = { id: 2001, name: 'Kiosk' };
  const counter: OwnApplication = { id: 2101, name: 'Counter' };
  const [, quality, production] = demo.environments.map((environment) => environment.name);
  const reuse = async (number: number, source: string, target: string) => {
    await page.goto(`/plans?reuse=${number}`);
    await hydrated(page);
    const dialog = page.getByRole('dialog', { name: `Reuse Plan #${number}` });
    await expect(dialog.getByLabel('Source')).toHaveValue(/./);
    // Where both would be the same in between, the answer to that is waited for.
    await dialog.getByLabel('Source').selectOption({ label: source });
    await dialog.getByLabel('Target').selectOption({ label: target });
    return dialog;
  };
  publishOwn(demo, kiosk, 'one');
  publishOwn(demo, counter, 'one');
  const both = await run(page, demo, ['Kiosk', 'Counter']);

  // RU1: none of them is there. The target has both, but cannot be the source.
  let dialog = await reuse(both, production!, quality!);
  await expect(dialog.getByText('Production has none of these applications.')).toBeVisible();
  await expect(
    dialog.getByText('There is nothing to take from there. Choose Development, which has all of them.'),
  ).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Continue' })).toHaveAttribute('aria-disabled', 'true');

  // RU2, RU5 and both together (RU8): one is not there, and the target runs something newer of the other.
  await run(page, demo, ['Counter'], 1, 2);
  publishOwn(demo, counter, 'two');
  const newer = await run(page, demo, ['Counter']);
  dialog = await reuse(both, production!, quality!);
  await expect(dialog.getByText('1 of 2 applications is not in Production.')).toBeVisible();
  await expect(dialog.getByText('Left out of the new plan: Kiosk.')).toBeVisible();
  await expect(dialog.getByText('1 tag cannot be used.')).toBeVisible();
  const tooNew = 'Quality already runs Counter 0.2, which is newer than 0.1.';
  await expect(dialog.getByText(`${tooNew} You can adjust it in the new plan.`)).toBeVisible();
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(page.locator('.ed-origin')).toContainText('1 tag could not be used.');
  await expect(page.locator('.ed-origin')).toContainText(`${tooNew} Choose another version below.`);

  // RU4: the tag was never deployed to the chosen source.
  dialog = await reuse(newer, production!, quality!);
  const missing = 'Counter 0.2 cannot be deployed from Production.';
  await expect(dialog.getByText(`${missing} You can adjust it in the new plan.`)).toBeVisible();
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(page.locator('.ed-origin')).toContainText(missing);

  // RU10: blocked for the target.
  await page.goto('/applications');
  await hydrated(page);
  await page.getByRole('rowheader', { name: 'Kiosk' }).getByRole('link').click();
  await page.getByRole('button', { name: 'Block Kiosk in Production' }).click();
  const block = page.getByRole('dialog', { name: 'Block Kiosk in Production?' });
  await block.getByLabel('Reason').fill('Not audited yet.');
  await block.getByRole('button', { name: 'Block' }).click();
  await expect(block).toBeHidden();
  dialog = await reuse(both, quality!, production!);
  await expect(dialog.getByText('Kiosk is blocked in Production: "Not audited yet."')).toBeVisible();
  await expect(dialog.getByRole('row').filter({ hasText: 'Kiosk' })).toContainText('Blocked');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(page.locator('.ed-origin')).toContainText(
    'Kiosk is blocked in Production: "Not audited yet." Unblock it below, or leave it at Do nothing.',
  );
  const choice = row(page, 'Kiosk').getByRole('combobox');
  await expect(choice).toBeDisabled();
  await expect(choice).toHaveValue('nothing');
  // Unblocked, it can be chosen, and there is nothing to say any more.
  await row(page, 'Kiosk').getByRole('button', { name: 'Unblock Kiosk' }).click();
  const unblock = page.getByRole('dialog', { name: /^Unblock Kiosk/ });
  await unblock.getByLabel('Reason').fill('It was audited.');
  await unblock.getByRole('button', { name: 'Unblock' }).click();
  await expect(unblock).toBeHidden();
  await expect(choice).toBeEnabled();
  await expect(page.locator('.ed-origin')).not.toContainText('blocked');
});

test('a retry says what has changed since it was aborted, in the popup and in the opened plan', async ({ page, demo }) => {
  test.setTimeout(240_000);
  const ticketing: OwnApplication = { id: 2201, name: 'Ticketing' };
  const turnstile: OwnApplication = { id: 2301, name: 'Turnstile' };
  publishOwn(demo, ticketing, 'one');
  publishOwn(demo, turnstile, 'one');
  const number = await readyPlan(page, demo, ['Ticketing', 'Turnstile']);
  // The agent holds its breath, so that the run is not over before anybody can stop it.
  const agent = agentOf(demo.data, 'quality');
  process.kill(agent, 'SIGSTOP');
  try {
    await page.getByRole('button', { name: 'Deploy now' }).click();
    await page.getByRole('button', { name: `Abort plan #${number}` }).click();
    const abort = page.getByRole('dialog', { name: `Abort plan #${number}?` });
    await abort.getByLabel('Reason').fill('Wrong day.');
    await abort.getByRole('button', { name: 'Abort plan' }).click();
    await expect(abort).toBeHidden();
  } finally {
    process.kill(agent, 'SIGCONT');
  }
  await expect(page).toHaveTitle(/^Aborted/, { timeout: 120_000 });

  const retry = async () => {
    await page.goto(`/plans/${number}`);
    await hydrated(page);
    await page.getByRole('button', { name: 'Retry Plan' }).click();
    const dialog = page.getByRole('dialog', { name: `Retry Plan #${number}` });
    await expect(dialog.getByText('From Development to Quality, with the same tags.')).toBeVisible();
    return dialog;
  };
  const leaves = async (application: OwnApplication) => {
    const into = moveAway(demo, application);
    await page.goto(`/applications?search=${application.name}`);
    await hydrated(page);
    await expect(page.getByRole('rowheader', { name: into })).toBeVisible();
  };
  const origin = page.locator('.ed-origin');
  const leftOut = '1 of 2 applications is not in Development. Left out of the new plan: Turnstile.';
  const tooNew = 'Quality already runs Ticketing 0.2, which is newer than 0.1.';

  // RT1: the source has lost one of them.
  await leaves(turnstile);
  let dialog = await retry();
  await expect(dialog.locator('.notice')).toHaveText([leftOut]);
  await expect(dialog.getByRole('row').filter({ hasText: 'Turnstile' })).toContainText('left out');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(origin).toHaveText(new RegExp(`^Retry of plan #${number}\\.$`));
  await expect(row(page, 'Ticketing')).toBeVisible();
  await expect(row(page, 'Turnstile')).toHaveCount(0);

  // RT3 and both together (RT6): something newer of the other one came to the target.
  publishOwn(demo, ticketing, 'two');
  await run(page, demo, ['Ticketing']);
  dialog = await retry();
  await expect(dialog.locator('.notice')).toHaveText([
    leftOut,
    `1 tag cannot be used. ${tooNew} You can adjust it in the new plan.`,
  ]);
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(origin).toHaveText(
    `Retry of plan #${number}. 1 tag could not be used. ${tooNew} Choose another version below.`,
  );
  await expect(row(page, 'Ticketing').getByRole('combobox')).toHaveValue('nothing');
  await expect(row(page, 'Turnstile')).toHaveCount(0);

  // RT2: the source has lost all of them, and nothing is offered that a retry cannot choose.
  await leaves(ticketing);
  dialog = await retry();
  await expect(dialog.locator('.notice')).toHaveText([
    'Development has none of these applications. There is nothing to take from there. ' +
      'A retry has no other source. It can go on when they are there again.',
  ]);
  await expect(dialog.getByRole('combobox')).toHaveCount(0);
  await expect(dialog.getByRole('button', { name: 'Continue' })).toHaveAttribute('aria-disabled', 'true');
});

test('the popup fits a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/plans?reuse=1');
  await hydrated(page);
  const dialog = page.getByRole('dialog', { name: 'Reuse Plan #1' });
  const first = dialog.getByRole('row').nth(1);
  await expect(first).toBeVisible();
  // What is remarked about an application is in view, too.
  await expect(first.getByRole('cell').last()).toBeInViewport({ ratio: 1 });
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});

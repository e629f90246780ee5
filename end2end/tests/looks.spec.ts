// What opens over a screen, and what only stands there for a while, in the dark and on a phone:
// nothing is cut off sideways, and nothing breaks WCAG 2.2 AA. Each is brought about once and then
// looked at in every way. Its demo is its own, as it changes how Quality takes plans.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, signIn, test } from '../fixtures';
import { gatedApplication, stepsUnderWay } from './held';
import { changeRules, ownDemo, type OwnDemo } from './own-demo';
import { addApplication, newPlan } from './plan-story';
import { publishOwn } from './publish-story';
import type { Locator, Page } from '@playwright/test';

const LOOKS = [
  ['dark', 1440],
  ['light', 390],
  ['dark', 390],
] as const;

/** With the one in which most specs see what they open. */
const ALL_LOOKS = [['light', 1440], ...LOOKS] as const;

let demo: OwnDemo;

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });
// In order, as the last one changes the rules; each stands for itself.
test.describe.configure({ mode: 'default', timeout: 120_000 });

test.beforeAll(async () => {
  test.setTimeout(180_000);
  demo = await ownDemo('looks');
});

test.afterAll(() => demo.end());

test.beforeEach(async ({ page }) => {
  await signIn(page, demo);
});

/** Looks at what is shown in every way; `dialog` has to fit, too. */
async function look(page: Page, what: string, dialog?: Locator, looks: typeof LOOKS | typeof ALL_LOOKS = LOOKS): Promise<void> {
  const before = page.viewportSize()!;
  for (const [scheme, width] of looks) {
    await test.step(`${what}, ${scheme}, ${width} px`, async () => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 844 });
      await expectNoSidewaysScroll(page);
      if (dialog) {
        await expect
          .poll(() => dialog.evaluate((box) => box.scrollWidth - box.clientWidth), { message: 'pixels by which the dialog is cut off' })
          .toBeLessThanOrEqual(0);
        const { left, right } = await dialog.evaluate((box) => box.getBoundingClientRect());
        expect(left).toBeGreaterThanOrEqual(0);
        expect(right).toBeLessThanOrEqual(width);
      }
      await expectAccessible(page);
    });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(before);
}

/** Opens the application's page. */
async function openApplication(page: Page, name: string): Promise<void> {
  await page.goto(`${demo.url}/applications?search=${encodeURIComponent(name)}`);
  await hydrated(page);
  await page.getByRole('rowheader', { name }).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

test('a rollback and the hold that it leaves', async ({ page }) => {
  // The third plan of the demo brought a newer Notifications Hub.
  await page.goto(`${demo.url}/plans/3`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Roll back…' }).click();
  const back = page.getByRole('dialog', { name: 'Roll back plan #3' });
  await expect(back.getByRole('checkbox', { name: 'Notifications Hub' })).toBeChecked();
  await look(page, 'rollback', back);
  await back.getByRole('button', { name: 'Continue' }).click();
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  await openApplication(page, 'Notifications Hub');
  await page.getByRole('button', { name: 'Release hold of 3.3 in Quality' }).click();
  const hold = page.getByRole('dialog', { name: 'What was taken out of Notifications Hub' });
  await expect(hold.getByLabel('Reason')).toBeVisible();
  await look(page, 'hold', hold);
});

test('a tag and a block', async ({ page }) => {
  await openApplication(page, 'Claims Portal');
  await page.getByRole('button', { name: 'Tag a version…' }).click();
  const tag = page.getByRole('dialog', { name: 'Tag a version of Claims Portal' });
  await expect(tag.getByLabel('New tag')).not.toHaveValue('');
  await look(page, 'tag', tag);
  await openApplication(page, 'Document Vault');
  await page.getByRole('button', { name: 'Block…', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Block in Production…' }).click();
  const block = page.getByRole('dialog', { name: 'Block Document Vault in Production?' });
  await expect(block.getByLabel('Reason')).toBeVisible();
  await look(page, 'block', block);
});

test('a plan that is begun, and what can be added to it', async ({ page }) => {
  await page.goto(`${demo.url}/plans/new?source=Quality&target=Production`);
  await hydrated(page);
  const create = page.getByRole('dialog', { name: 'Create new deployment plan' });
  await expect(create.getByRole('button', { name: 'Continue' })).toBeVisible();
  await look(page, 'new plan', create, ALL_LOOKS);
  await create.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Add applications' }).first().click();
  const add = page.getByRole('dialog', { name: 'Add applications' });
  await add.getByText('With differences', { exact: true }).click();
  await expect(add.getByText('none differ').first()).toBeVisible();
  await add.getByRole('checkbox', { name: 'Claims Portal' }).check();
  await look(page, 'add applications', add, ALL_LOOKS);
  await add.getByRole('searchbox').fill('no such application');
  await expect(add.getByRole('heading', { name: 'No application matches' })).toBeVisible();
  await look(page, 'nothing to add', add, ALL_LOOKS);
});

test('a run that moves', async ({ page }) => {
  const lock = gatedApplication(demo, 'Tide Lock', 72);
  lock.publish(1);
  await newPlan(page, demo);
  await addApplication(page, lock.name);
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  lock.close(1);
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(stepsUnderWay(page).last()).toHaveText(/^Switch wave 2 /);
  await look(page, 'moving', undefined, ALL_LOOKS);
  await expect(stepsUnderWay(page).last()).toHaveText(/^Switch wave 2 /);
  lock.open(1);
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
});

test('a hotfix that a plan would overwrite', async ({ page }) => {
  await newPlan(page, demo, 0, 2);
  await addApplication(page, 'Rating Engine');
  const finding = page.locator('.finding').filter({ hasText: 'would overwrite a hotfix' });
  await finding.getByRole('button', { name: /Mark hotfix as solved/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Hotfixes of Rating Engine' });
  await expect(dialog.getByLabel('The version that contains it')).toBeVisible();
  await look(page, 'hotfix', dialog);
});

test('the settings of a plan, and single modules', async ({ page }) => {
  const setting = (name: string, more: string) => `[[module.setting]]\nname = "${name}"\n${more}\n`;
  const manifest =
    setting('Currency', 'type = "text"\ndefault = "EUR"\ndescription = "What prices are in."') +
    setting('Limit', 'type = "integer"') +
    setting('ApiKey', 'type = "text"\nsecret = true');
  publishOwn(demo, { id: 4001, name: 'Weigh', manifest }, 'one');
  await newPlan(page, demo);
  await addApplication(page, 'Weigh');
  await expect(page.getByRole('region', { name: 'Settings' }).getByLabel('Value of Limit for Quality')).toBeVisible();
  await expect(page.locator('#verdict-title')).toHaveText('Cannot run yet: 2 errors');
  await look(page, 'settings step');
  await addApplication(page, 'Customer Core');
  await page.getByRole('combobox', { name: 'What to do with Customer Core' }).selectOption({ label: 'Deploy Custom…' });
  const dialog = page.getByRole('dialog', { name: 'Deploy single modules of Customer Core' });
  await expect(dialog.getByRole('row').filter({ hasText: 'CustomerCentre' })).toBeVisible();
  await look(page, 'Deploy Custom', dialog);
});

test('a plan that is reused', async ({ page }) => {
  await page.goto(`${demo.url}/plans?reuse=1`);
  await hydrated(page);
  const dialog = page.getByRole('dialog', { name: 'Reuse Plan #1' });
  await expect(dialog.getByRole('row').nth(1)).toBeVisible();
  await look(page, 'reuse', dialog);
});

test('rules, a plan in line, one that is aborted and retried', async ({ page }) => {
  await changeRules(page, demo, async (dialog) => {
    await dialog.getByText('Deploy in two stages', { exact: true }).click();
    await expect(dialog.getByLabel('Keep prepared plans')).toBeVisible();
    await look(page, 'rules', dialog);
  });
  const prepared = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await page.getByRole('button', { name: 'Prepare deployment' }).click();
  await expect(page.getByText('Prepared. Nothing has changed in Quality yet.')).toBeVisible({ timeout: 60_000 });
  await look(page, 'prepared');
  await newPlan(page, demo);
  await addApplication(page, 'Customer Core');
  await page.getByRole('button', { name: 'Start when free' }).click();
  await expect(page.getByRole('heading', { name: 'Waits until Quality is free for it.' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Waits for' }).getByRole('link').first()).toBeVisible();
  await look(page, 'in line');
  await page.getByRole('button', { name: 'Leave the queue' }).click();
  await expect(page.getByRole('button', { name: 'Start when free' })).toBeVisible();

  await page.goto(`${demo.url}/plans/${prepared}`);
  await hydrated(page);
  await page.getByRole('button', { name: `Abort plan #${prepared}` }).click();
  const abort = page.getByRole('dialog', { name: `Abort plan #${prepared}?` });
  await abort.getByLabel('Reason').fill('Seen enough.');
  await look(page, 'abort', abort);
  await abort.getByRole('button', { name: 'Abort plan' }).click();
  await expect(page).toHaveTitle(/^Aborted/, { timeout: 60_000 });
  await page.getByRole('button', { name: 'Retry Plan' }).click();
  const retry = page.getByRole('dialog', { name: `Retry Plan #${prepared}` });
  await expect(retry.getByRole('row').filter({ hasText: 'Harbour UI' })).toBeVisible();
  await look(page, 'retry', retry);
});

// The settings step of a plan: what is new in the target is asked for, at its field; secrets are
// written and never read; what starts finds the values. Notes are Markdown.

import { expect, expectAccessible, expectNoSidewaysScroll, hydrated, test, type RunningDemo } from '../fixtures';
import { addApplication, newPlan } from './plan-story';
import { publishOwn, type OwnApplication } from './publish-story';

const SECRET = 'correct-horse-battery-staple';

const TILL: OwnApplication = {
  id: 1001,
  name: 'Till',
  manifest: `[[module.setting]]
name = "Currency"
type = "text"
default = "EUR"
description = "What prices are in."
[[module.setting]]
name = "Limit"
type = "integer"
[[module.setting]]
name = "ApiKey"
type = "text"
secret = true
`,
};

const publish = (demo: RunningDemo, content: string) => publishOwn(demo, TILL, content);

test('a plan asks for what is new, and what starts finds it', async ({ page, demo, context }) => {
  test.setTimeout(120_000);
  publish(demo, 'one');
  const number = await newPlan(page, demo);
  await addApplication(page, 'Till');
  await expect(page.locator('#verdict-title')).toHaveText('Cannot run yet: 2 errors');
  const settings = page.getByRole('region', { name: 'Settings' });
  const limit = settings.getByRole('textbox', { name: 'Value of Limit for Quality' });
  const key = settings.getByLabel('Value of ApiKey for Quality');
  await expect(settings.getByText('This property has no default. Enter its value.').first()).toBeVisible();
  await expect(settings.getByText('3 site properties are new or changed in Quality')).toBeVisible();
  await expectAccessible(page);

  // The finding leads to the field; what is no value is said there and holds up the plan.
  await page.getByRole('button', { name: 'Enter a value for Limit' }).click();
  await expect(limit).toBeFocused();
  await page.keyboard.type('many');
  await page.keyboard.press('Enter');
  await expect(settings.getByText('An integer is written like "42".')).toBeVisible();
  await expect(limit).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByRole('button', { name: /^Save$/ })).toHaveAttribute('aria-disabled', 'true');
  await limit.fill('5');
  await limit.press('Enter');
  await expect(page.locator('#verdict-title')).toHaveText('Cannot run yet: 1 error');
  await expect(settings.getByText(/^Entered (just now|by )/)).toBeVisible();

  await key.fill(SECRET);
  await key.press('Tab');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await expect(key).toBeHidden();
  await expect(settings.getByRole('button', { name: 'Change the value of ApiKey' })).toBeVisible();

  // Nobody reads it again: not the page, not its source.
  await expect(page.getByText('Sending…')).toBeHidden();
  await page.reload();
  await hydrated(page);
  await expect(settings.getByRole('button', { name: 'Change the value of ApiKey' })).toBeVisible();
  await expect(limit).toHaveValue('5');
  expect(await page.content()).not.toContain(SECRET);
  await settings.getByRole('button', { name: 'Change the value of ApiKey' }).click();
  await expect(key).toBeFocused();
  await expect(key).toHaveValue('');

  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await expectNoSidewaysScroll(page);
  }

  // Notes in Markdown, as others will read them.
  await page.getByRole('textbox', { name: 'Deployment notes' }).fill('**Check** the till\n- [guide](https://a.example/till)\n- <b>plain</b>');
  await page.getByText('Preview', { exact: true }).click();
  await expect(page.getByRole('switch', { name: 'Preview' })).toBeChecked();
  const preview = page.getByRole('region', { name: 'Preview of the notes' });
  await expect(preview.getByRole('link', { name: 'guide' })).toHaveAttribute('rel', /noopener/);
  await expect(preview.locator('strong')).toHaveText('Check');
  await expect(preview).toContainText('<b>plain</b>');
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  await page.locator('.run-notes summary').click();
  await expect(page.locator('.run-notes strong')).toHaveText('Check');
  const quality = demo.environments[1];
  const found = await context.request.get(`${quality.url}/till/slipway-settings.json`);
  expect((await found.json()).settings).toEqual({ Currency: 'EUR', Limit: 5 });
  expect(number).toBeGreaterThan(0);

  // Nothing new the next time: skipped, and still there to be used.
  publish(demo, 'two');
  await newPlan(page, demo);
  await addApplication(page, 'Till');
  await expect(page.locator('#verdict-title')).toHaveText('Ready to run');
  await expect(page.getByRole('link', { name: /Settings.*Skipped, nothing new/ })).toBeVisible();
  await expect(settings.getByRole('table')).toBeHidden();
  await settings.getByText('All settings (3)', { exact: true }).click();
  await expect(limit).toHaveValue('5');
  await expect(settings.getByText('Set in Quality')).toBeVisible();
  await settings.getByRole('textbox', { name: 'Value of Currency for Quality' }).fill('CHF');
  await page.keyboard.press('Tab');
  await expect(settings.getByRole('button', { name: 'Take out the value of Currency' })).toBeVisible();
  await settings.getByRole('button', { name: 'Take out the value of Currency' }).click();
  await expect(settings.getByRole('textbox', { name: 'Value of Currency for Quality' })).toHaveValue('');
});

test('values can take effect after activation, and the page says so', async ({ page, demo, context }) => {
  test.setTimeout(120_000);
  publish(demo, 'after');
  const number = await newPlan(page, demo);
  await addApplication(page, 'Till');
  const settings = page.getByRole('region', { name: 'Settings' });
  await expect(page.locator('#verdict-title')).toHaveText(/^(Ready to run|Cannot run yet)/);
  await settings.getByText(/^All settings/).click();
  await settings.getByRole('textbox', { name: 'Value of Limit for Quality' }).fill('7');
  await page.keyboard.press('Tab');
  // Alone, this spec has not entered it before.
  const key = settings.getByLabel('Value of ApiKey for Quality');
  if (await key.isVisible()) await key.fill(SECRET);
  await page.keyboard.press('Tab');
  await settings.getByRole('textbox', { name: 'Value of Currency for Quality' }).fill('SEK');
  await page.keyboard.press('Tab');
  await expect(settings.getByText('what starts sees the new ones')).toBeVisible();
  await settings.getByRole('radio', { name: 'after activation' }).check();
  await expect(settings.getByText('what starts at the switch still finds what was set before')).toBeVisible();
  await expectAccessible(page);
  await page.reload();
  await hydrated(page);
  await expect(settings.getByRole('radio', { name: 'after activation' })).toBeChecked();
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  const found = await context.request.get(`${demo.environments[1]!.url}/till/slipway-settings.json`);
  expect((await found.json()).settings).toMatchObject({ Currency: 'SEK' });
  expect(number).toBeGreaterThan(0);
});

test('a plan that lacks values waits for them before anything is staged', async ({ page, demo, context, said }) => {
  test.setTimeout(120_000);
  publishOwn(demo, { ...TILL, id: 1101, name: 'Scale' }, 'one');
  const number = await newPlan(page, demo);
  await addApplication(page, 'Scale');
  await expect(page.locator('#verdict-title')).toHaveText('Cannot run yet: 2 errors');
  await page.getByRole('button', { name: 'Continue with errors' }).click();
  const dialog = page.getByRole('dialog', { name: 'Deploy to Quality with errors?' });
  await dialog.getByLabel('Reason').fill('Operations enters the values.');
  await dialog.getByRole('button', { name: 'Continue with errors' }).click();
  await expect(page.getByText('Needs a value. Nothing has changed in Quality yet.')).toBeVisible({ timeout: 60_000 });
  const goOn = page.getByRole('button', { name: 'Continue deployment' });
  await expect(goOn).toHaveAttribute('aria-disabled', 'true');
  await expect(goOn).toHaveAttribute('title', /^ApiKey of ScaleFront and 1 more have no value yet/);
  await expectAccessible(page);
  // The list leads to the fields.
  await page.goto(`${demo.url}/plans`);
  await hydrated(page);
  const row = page.getByRole('row').filter({ hasText: `#${number}` });
  await expect(row).toContainText('Needs a value');
  await row.getByRole('link', { name: `Enter values: plan #${number}` }).click();
  const limit = page.getByLabel('Limit of ScaleFront');
  await limit.fill('many');
  await page.getByRole('button', { name: 'Enter values' }).click();
  await expect(page.getByText(/^Limit cannot have this value/)).toBeVisible();
  // The browser's own word about the answer 400.
  said.splice(0, said.length, ...said.filter((line) => !/status of 400/.test(line)));
  await limit.fill('5');
  await page.getByLabel('ApiKey of ScaleFront').fill(SECRET);
  await page.getByRole('button', { name: 'Enter values' }).click();
  await expect(page.getByText('All values are entered.')).toBeVisible();
  await expect(limit).toHaveValue('5');
  await goOn.click();
  await expect(page.getByText(/^Done in /)).toBeVisible({ timeout: 60_000 });
  const found = await context.request.get(`${demo.environments[1]!.url}/scale/slipway-settings.json`);
  expect((await found.json()).settings).toEqual({ Currency: 'EUR', Limit: 5 });
});

test('values are for their target: who chooses another one is asked before they go', async ({ page, demo }) => {
  test.setTimeout(120_000);
  publishOwn(demo, { ...TILL, id: 1301, name: 'Beam' }, 'one');
  await newPlan(page, demo);
  await addApplication(page, 'Beam');
  const settings = page.getByRole('region', { name: 'Settings' });
  const verdict = page.locator('#verdict-title');
  const limitFor = (environment: string) => settings.getByRole('textbox', { name: `Value of Limit for ${environment}` });
  await expect(verdict).toHaveText('Cannot run yet: 2 errors');
  await limitFor('Quality').fill('5');
  await limitFor('Quality').press('Enter');
  await expect(verdict).toHaveText('Cannot run yet: 1 error');

  // Kept: nothing has changed.
  const target = page.getByRole('combobox', { name: 'Target', exact: true });
  const chosen = target.locator('option:checked');
  await target.selectOption('Production');
  const dialog = page.getByRole('dialog', { name: 'Deploy to Production instead?' });
  await expect(dialog).toContainText('The value that was entered in step Settings is meant for Quality.');
  await expect(dialog.getByRole('button', { name: 'Keep the target' })).toBeFocused();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Keep the target' }).click();
  await expect(dialog).toBeHidden();
  await expect(chosen).toHaveText('Quality');
  await expect(limitFor('Quality')).toHaveValue('5');

  // Changed: they are gone, those that nobody can read again as well.
  await settings.getByLabel('Value of ApiKey for Quality').fill(SECRET);
  await page.keyboard.press('Tab');
  await expect(verdict).toHaveText('Ready to run');
  await target.selectOption('Production');
  await expect(dialog).toContainText('The 2 values that were entered in step Settings are meant for Quality.');
  await dialog.getByRole('button', { name: 'Change the target' }).click();
  await expect(dialog).toBeHidden();
  await expect(chosen).toHaveText('Production');
  await expect(limitFor('Production')).toHaveValue('');
  await expect(verdict).toHaveText('Cannot run yet: 2 errors');
  await page.reload();
  await hydrated(page);
  await expect(chosen).toHaveText('Production');
  await expect(limitFor('Production')).toHaveValue('');

  // Where nothing was entered nobody is asked.
  await target.selectOption('Quality');
  await expect(chosen).toHaveText('Quality');
  await expect(limitFor('Quality')).toHaveValue('');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('an application is blocked with a reason and unblocked in a plan', async ({ page, demo }) => {
  test.setTimeout(60_000);
  publish(demo, 'three');
  await page.goto(`${demo.url}/applications`);
  await hydrated(page);
  await page.getByRole('rowheader', { name: 'Till' }).getByRole('link').click();
  await page.getByRole('button', { name: 'Block Till in Production' }).click();
  const dialog = page.getByRole('dialog', { name: 'Block Till in Production?' });
  await dialog.getByLabel('Reason').fill('Not audited yet.');
  await dialog.getByRole('button', { name: 'Block' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('Blocked: Not audited yet.').first()).toBeVisible();
  await expectAccessible(page);

  await newPlan(page, demo, 0, 2);
  await addApplication(page, 'Till');
  const choice = page.getByRole('combobox', { name: 'What to do with Till' });
  await expect(choice).toBeDisabled();
  await expect(choice).toHaveValue('nothing');
  await page.getByRole('button', { name: 'Unblock Till' }).click();
  const lift = page.getByRole('dialog', { name: 'Unblock Till in Production?' });
  await lift.getByLabel('Reason').fill('It was audited.');
  await lift.getByRole('button', { name: 'Unblock' }).click();
  await expect(choice).toBeEnabled();
});

// What is typed in the plan editor is not lost: by an outage, by a key that leads away, by a field
// that still has the focus.

import { expect, hydrated, test } from '../fixtures';
import { addApplication, newPlan, saved } from './plan-story';

/** Also while it cannot be pressed: its name then says why. */
const SAVE = /^Save$/;

test('an outage loses nothing that was typed', async ({ page, demo, said }) => {
  test.setTimeout(150_000);
  const number = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  const save = page.getByRole('button', { name: SAVE });
  await save.click();
  await saved(page, number);
  const notes = page.getByRole('textbox', { name: 'Deployment notes' });
  const choice = page.getByLabel('What to do with Harbour UI', { exact: true });

  // The first change arrives and its answer is lost; then nothing arrives at all.
  let tries = 0;
  await page.route('**/api/edit_plan', async (route) => {
    tries += 1;
    if (tries === 1) await route.fetch();
    await route.abort();
  });
  await notes.fill('Written in a storm');
  await expect(page.getByText('Not sent yet', { exact: true })).toBeVisible();
  await choice.selectOption('Do nothing');
  await expect.poll(() => tries).toBeGreaterThan(1);
  await expect(notes).toHaveValue('Written in a storm');
  await expect(choice).toHaveValue('nothing');
  await expect(save).toHaveAttribute('aria-disabled', 'true');
  await expect(page.getByRole('button', { name: 'Send now' })).toBeVisible();

  await page.unroute('**/api/edit_plan');
  await expect(page.getByText('Not sent yet', { exact: true })).toBeHidden({ timeout: 60_000 });
  await expect(page.getByText(/changed this plan .*at the same time/)).toHaveCount(0);
  await save.click();
  await saved(page, number);
  await page.reload();
  await hydrated(page);
  await expect(notes).toHaveValue('Written in a storm');
  await expect(choice).toHaveValue('nothing');
  // What the browser itself says of requests that failed, and of the one that came twice.
  said.splice(0, said.length, ...said.filter((line) => !/ERR_FAILED|409/.test(line)));
});

test('keys and the way back ask as links do', async ({ page, demo }) => {
  const number = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  const here = new RegExp(`/plans/${number}$`);
  const dialog = page.getByRole('dialog', { name: `Save plan #${number} before you leave?` });
  const stay = dialog.getByRole('button', { name: 'Stay' });

  await page.locator('#verdict-title').click();
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await stay.click();
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(here);

  await page.evaluate(() => history.back());
  await expect(dialog).toBeVisible();
  await expect(page).toHaveURL(here);
  await stay.click();
  await expect(page.getByLabel('What to do with Harbour UI', { exact: true })).toBeVisible();

  await page.evaluate(() => history.back());
  await dialog.getByRole('button', { name: 'Save and leave' }).click();
  await expect(page).toHaveURL(/\/plans\/new\?/);
  await page.goto(`/plans/${number}`);
  await hydrated(page);
  await expect(page.getByText('Saved, not run')).toBeVisible();
});

test('the number of a new tag counts as it is typed, and has to be one', async ({ page, demo }) => {
  const number = await newPlan(page, demo);
  await addApplication(page, 'Claims Portal');
  const tag = page.getByRole('textbox', { name: 'Number of the new tag of Claims Portal' });
  const words = page.getByRole('textbox', { name: 'What changed in the new tag of Claims Portal' });
  const save = page.getByRole('button', { name: SAVE });

  await tag.fill('2.x');
  await page.keyboard.press('Control+s');
  await expect(page.locator('.toast').filter({ hasText: 'Not saved' })).toContainText(
    'The new tag of Claims Portal has no valid number.',
  );
  await expect(page.getByText('A version number is made of numbers and dots, for example 2.14.', { exact: true })).toBeVisible();
  await expect(tag).toHaveValue('2.x');
  await expect(save).toHaveAttribute('aria-disabled', 'true');

  // Saved while the field has the focus: with what stands in it.
  await tag.fill('2.77');
  await words.fill('Photos from a phone');
  await page.keyboard.press('Control+s');
  await expect(page.locator('.toast').filter({ hasText: `Plan #${number} saved` }).first()).toBeVisible();
  await expect(words).toBeFocused();
  await saved(page, number);
  await page.reload();
  await hydrated(page);
  await expect(tag).toHaveValue('2.77');
  await expect(words).toHaveValue('Photos from a phone');
});

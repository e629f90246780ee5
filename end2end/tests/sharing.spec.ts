// Two browsers in one plan: each sees what the other does, and nothing is overwritten unseen,
// whatever is edited.

import { expect, hydrated, listen, test } from '../fixtures';
import { addApplication, newPlan, saved } from './plan-story';
import { ownApplication } from './publish';
import type { Page } from '@playwright/test';

const MINE = 'Put mine on top of theirs';

/** The question which changes count. */
const question = (page: Page) => page.getByRole('alert').filter({ hasText: '1 change of yours did not reach the server' });

async function answer(page: Page, button: string): Promise<void> {
  await question(page).getByRole('button', { name: button }).click();
  await expect(question(page)).toBeHidden();
}

/** What the others do does not reach this page before `open` is called. */
async function deaf(page: Page): Promise<() => Promise<void>> {
  const held: (() => Promise<void>)[] = [];
  let open = false;
  await page.route('**/api/find_plan', async (route) => {
    if (open) await route.continue();
    else held.push(() => route.continue());
  });
  return async () => {
    open = true;
    for (const go of held) await go();
    await page.unroute('**/api/find_plan');
  };
}

test('whatever two people edit in one plan, nothing is overwritten unseen', async ({ page, demo, said, browser }) => {
  test.setTimeout(180_000);
  const setting = '[[module.setting]]\nname = "Currency"\ntype = "text"\ndefault = "EUR"\n';
  ownApplication(demo, 'Shared Till', 71, setting).publish('one');
  const number = await newPlan(page, demo);
  await addApplication(page, 'Shared Till');
  await addApplication(page, 'Harbour UI');
  await page.getByRole('button', { name: /^Save( \.|$)/ }).click();
  await saved(page, number);
  const context = await browser.newContext({ storageState: demo.storage, baseURL: demo.url });
  const other = await context.newPage();
  const alsoSaid = listen(other);
  await other.goto(`/plans/${number}`);
  await hydrated(other);

  // One types the number of a tag and the other its words: both are heard.
  const tag = (of: Page) => of.getByRole('textbox', { name: 'Number of the new tag of Shared Till' });
  const words = (of: Page) => of.getByRole('textbox', { name: 'What changed in the new tag of Shared Till' });
  await tag(page).fill('4.');
  await words(other).fill('Rounder');
  await expect(words(page)).toHaveValue('Rounder');
  await expect(tag(page)).toHaveValue('4.');
  await tag(page).fill('4.2');
  await expect(tag(other)).toHaveValue('4.2');
  await expect(words(other)).toHaveValue('Rounder');

  // Both type the number.
  await tag(page).fill('4.');
  await tag(other).fill('5.0');
  const heard = page.waitForResponse((response) => response.url().includes('/api/find_plan'));
  await other.getByRole('textbox', { name: 'Deployment notes' }).fill('Tell the desk');
  await heard;
  await expect(page.getByRole('textbox', { name: 'Deployment notes' })).toHaveValue('Tell the desk');
  await tag(page).fill('4.3');
  await answer(page, 'Load theirs');
  await expect(tag(page)).toHaveValue('5.0');

  // A value.
  const value = (of: Page) => of.getByRole('textbox', { name: 'Value of Currency for Quality' });
  await value(page).fill('CHF');
  await value(other).fill('USD');
  await value(other).press('Tab');
  await expect(page.getByRole('button', { name: 'Take out the value of Currency' })).toBeVisible();
  await expect(value(page)).toHaveValue('CHF');
  await value(page).press('Tab');
  await answer(page, MINE);
  await expect(value(other)).toHaveValue('CHF');

  // The notes.
  const notes = (of: Page) => of.getByRole('textbox', { name: 'Deployment notes' });
  let hear = await deaf(page);
  let taken = other.waitForResponse((response) => response.url().includes('/api/edit_plan'));
  await notes(other).fill('By day');
  await taken;
  await notes(page).fill('By night');
  await expect(question(page)).toBeVisible();
  await hear();
  await answer(page, MINE);
  await expect(notes(other)).toHaveValue('By night');

  // Ticks: each keeps its own.
  const ticks = (of: Page) => of.getByRole('group', { name: /Also republish these consumers/ }).getByRole('checkbox');
  hear = await deaf(page);
  taken = other.waitForResponse((response) => response.url().includes('/api/edit_plan'));
  await ticks(other).nth(0).check();
  await taken;
  await ticks(page).nth(1).check();
  await expect(question(page)).toBeVisible();
  await hear();
  await answer(page, MINE);
  for (const of of [page, other]) {
    for (const at of [0, 1]) await expect(ticks(of).nth(at)).toBeChecked();
  }
  // The browser itself reports the answers 409; nothing else may be said.
  said.splice(0, said.length, ...said.filter((line) => !line.includes('409')));
  expect(alsoSaid.filter((line) => !line.includes('409'))).toEqual([]);
  await context.close();
});

// A draft that is shared: somebody with an account of their own opens it in a browser of their own,
// both change it, each sees what the other does, and when it is shared no more the other is told.

import { expect, expectAccessible, hydrated, listen, test } from '../fixtures';
import { PASSWORD } from './console';
import { addApplication, newPlan, row } from './plan-story';
import type { Browser, BrowserContext, Page } from '@playwright/test';

/** An account made on *Accounts*, and signed in in a browser of its own. */
async function colleague(
  page: Page,
  browser: Browser,
  url: string,
  name: string,
  login: string,
): Promise<{ context: BrowserContext; theirs: Page; said: string[] }> {
  await page.goto(`${url}/accounts`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Add account' }).click();
  const add = page.getByRole('dialog', { name: 'Add an account' });
  await add.getByLabel('Name', { exact: true }).fill(name);
  await add.getByLabel('User name').fill(login);
  await add.getByRole('radio', { name: /^Release manager/ }).check();
  await add.getByRole('button', { name: 'Add account' }).click();
  const link = page.getByRole('dialog', { name: `A link for ${name}` });
  const address = (await link.getByTestId('password-link').innerText()).trim();
  await link.getByRole('button', { name: 'Done' }).click();
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] }, baseURL: url });
  const theirs = await context.newPage();
  const said = listen(theirs);
  await theirs.goto(address);
  await hydrated(theirs);
  await theirs.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await theirs.getByLabel('Password again').fill(PASSWORD);
  await theirs.getByRole('button', { name: 'Set password and sign in' }).click();
  await expect(theirs.getByRole('heading', { level: 1, name: 'Applications' })).toBeVisible();
  return { context, theirs, said };
}

test('a shared draft is changed by two people, and is its maker\'s alone again when that is over', async ({ page, demo, browser, said }) => {
  test.setTimeout(150_000);
  const ben = await colleague(page, browser, demo.url, 'Ben Okafor', 'ben');
  const { theirs } = ben;
  const number = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  const notes = (of: Page) => of.getByRole('textbox', { name: 'Deployment notes' });
  const question = (of: Page) => of.getByRole('alert').filter({ hasText: '1 change of yours did not reach the server' });

  // Nobody else knows of it.
  await theirs.goto('/plans');
  await hydrated(theirs);
  await expect(theirs.getByRole('heading', { level: 1, name: 'Deployment Plans' })).toBeVisible();
  await expect(theirs.getByRole('link', { name: new RegExp(`^#${number} `) })).toHaveCount(0);

  // Shared, it is there, in the list that is open.
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: /^Share draft/ }).click();
  await expect(page.getByText('Draft, shared')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Stop sharing/ })).toBeVisible();
  const drafts = theirs.getByRole('region', { name: 'Drafts' });
  await expect(drafts).toContainText('1 draft is shared with you:');
  await drafts.getByRole('link', { name: new RegExp(`^#${number} `) }).click();
  await expect(theirs.getByText('Draft, shared')).toBeVisible();
  // Who may see it is its maker's choice.
  await expect(theirs.getByRole('button', { name: /^(Share draft|Stop sharing)/ })).toHaveCount(0);
  await expectAccessible(theirs);

  // Each sees what the other does.
  await addApplication(theirs, 'Document Vault');
  await expect(row(page, 'Document Vault')).toBeVisible();
  await page.getByRole('combobox', { name: 'What to do with Harbour UI' }).selectOption({ label: 'Do nothing' });
  await expect(theirs.getByRole('combobox', { name: 'What to do with Harbour UI' })).toHaveValue('nothing');

  // Both write the notes before either has heard: whose count is asked, by name.
  const held: (() => Promise<void>)[] = [];
  let open = false;
  await theirs.route('**/api/find_plan', async (route) => {
    if (open) await route.continue();
    else held.push(() => route.continue());
  });
  const taken = page.waitForResponse((response) => response.url().includes('/api/edit_plan'));
  await notes(page).fill('By day');
  await taken;
  await notes(theirs).fill('By night');
  await expect(question(theirs)).toBeVisible();
  open = true;
  for (const go of held) await go();
  await expect(question(theirs)).toContainText(/changed this plan at the same time/);
  await expect(question(theirs)).not.toContainText(/^Somebody else/);
  await expectAccessible(theirs);
  await question(theirs).getByRole('button', { name: 'Load theirs' }).click();
  await expect(question(theirs)).toBeHidden();
  await expect(notes(theirs)).toHaveValue('By day');
  await theirs.unroute('**/api/find_plan');

  // Not shared any more: the other is told at once by whom, and what became of their changes.
  const stops = page.getByRole('button', { name: /^Stop sharing/ });
  await stops.click();
  await expect(page.getByText('Draft, only you see it')).toBeVisible();
  await expect(theirs.getByRole('heading', { name: / stopped sharing this draft$/ })).toBeVisible();
  await expect(theirs.getByRole('alert')).toContainText(/Only .+ sees it now, with what you changed in it\./);
  await expectAccessible(theirs);
  // Shared once more, it is there again by itself.
  await page.getByRole('button', { name: /^Share draft/ }).click();
  await expect(notes(theirs)).toHaveValue('By day');
  await stops.click();
  const again = theirs.getByRole('link', { name: 'New plan with the same applications' });
  await expect(again).toHaveAttribute('href', /^\/plans\/new\?source=Development&target=Quality&applications=.+,/);
  await theirs.goto('/plans');
  await hydrated(theirs);
  await expect(theirs.getByRole('heading', { level: 1, name: 'Deployment Plans' })).toBeVisible();
  await expect(theirs.getByRole('region', { name: 'Drafts' })).toHaveCount(0);
  // What they did stays.
  await expect(row(page, 'Document Vault')).toBeVisible();
  // The browser itself reports the answers 409; nothing else may be said.
  expect(ben.said.filter((line) => !line.includes('409'))).toEqual([]);
  said.splice(0, said.length, ...said.filter((line) => !line.includes('409')));
  await ben.context.close();
});

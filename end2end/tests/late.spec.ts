// What comes too late, or not at all: a screen that cannot be loaded, a session that is over, a plan that was
// started meanwhile. Nothing that was typed is lost without a word.

import { expect, expectAccessible, hydrated, listen, test } from '../fixtures';
import type { Page } from '@playwright/test';
import { addApplication, makeReady, newPlan, saved } from './plan-story';
import { ownApplication } from './publish';

const notes = (of: Page) => of.getByRole('textbox', { name: 'Deployment notes', exact: true });

test('a screen that cannot be loaded says so, and comes when the console is back', async ({ page, said }) => {
  await page.goto('/applications');
  await hydrated(page);
  const link = (name: string) => page.getByRole('link', { name, exact: true }).first();
  const missing = page.getByRole('heading', { name: 'The screen could not be loaded' });
  await page.context().setOffline(true);
  await link('Environments').click();
  await expect(missing).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('button', { name: 'Try again' })).not.toHaveAttribute('aria-busy', 'true');
  await expect(missing).toBeVisible();
  await expect(page.getByText('The console cannot be reached')).toBeVisible();
  // What is here can be opened meanwhile.
  await link('Applications').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Applications' })).toBeVisible();
  await link('Environments').click();
  await expect(missing).toBeVisible();

  await page.context().setOffline(false);
  await expect(page.getByRole('heading', { level: 1, name: 'Environments' })).toBeVisible({ timeout: 30_000 });
  await expect(missing).toBeHidden();
  await link('Deployment Plans').click();
  await expect(page.getByRole('heading', { level: 1, name: 'Deployment Plans' })).toBeVisible();
  await expect(page.locator('#broken')).toHaveCount(0);
  // What the browser itself says of requests while it is offline.
  said.splice(0, said.length, ...said.filter((line) => !/ERR_INTERNET_DISCONNECTED|Failed to fetch/.test(line)));
});

test('what is typed when the session is over is there again after signing in', async ({ page, demo, said }) => {
  const number = await newPlan(page, demo);
  await addApplication(page, 'Harbour UI');
  await expect(page.getByText('Sending…')).toBeHidden();
  // What is asked in the background would be refused first.
  await page.route('**/api/find_plan', () => {});
  await page.context().clearCookies();
  await notes(page).fill('Call the harbour master first');
  await expect(page).toHaveURL(new RegExp(`/sign-in\\?next=/plans/${number}&ended$`));
  await hydrated(page);
  await expect(page.getByText('Your session has ended. Sign in to go on.')).toBeVisible();
  await expectAccessible(page);

  await page.unroute('**/api/find_plan');
  await page.getByLabel(/login|user ?name/i).fill(demo.username);
  await page.getByLabel('Password', { exact: true }).fill(demo.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(notes(page)).toHaveValue('Call the harbour master first');
  await expect(page.locator('.toast').filter({ hasText: 'What you had changed is here again' })).toBeVisible();
  await expect(page.getByText('Sending…')).toBeHidden();
  // It is with the console now, and this browser keeps nothing of it.
  expect(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith('slipway.unsent')))).toEqual([]);
  await page.reload();
  await hydrated(page);
  await expect(notes(page)).toHaveValue('Call the harbour master first');
  await page.goto('/sign-in');
  await expect(page.getByText('Your session has ended')).toHaveCount(0);
  // The browser itself reports the answers 401.
  said.splice(0, said.length, ...said.filter((line) => !line.includes('401')));
});

test('notes that a started plan does not have are kept in sight', async ({ page, demo, browser }) => {
  test.setTimeout(150_000);
  const own = ownApplication(demo, 'Late Notes', 121);
  own.publish('one');
  const number = await newPlan(page, demo);
  await addApplication(page, own.name);
  await makeReady(page);
  const context = await browser.newContext({ storageState: demo.storage, baseURL: demo.url });
  const other = await context.newPage();
  const said = listen(other);
  await other.goto(`/plans/${number}`);
  await hydrated(other);
  const title = other.locator('#verdict-title');
  await expect(title).toHaveText('Ready to run');

  // Both write the notes before the other has heard.
  const held: (() => Promise<void>)[] = [];
  let open = false;
  await other.route('**/api/find_plan', async (route) => {
    if (open) await route.continue();
    else held.push(() => route.continue());
  });
  const taken = page.waitForResponse((response) => response.url().includes('/api/edit_plan'));
  await notes(page).fill('By day');
  await taken;
  await notes(other).fill('By night');
  const notice = other.locator('#plan-conflict');
  await expect(notice).toBeVisible();
  open = true;
  for (const go of held) await go();

  // It is said where it is in sight, and leads to the choice.
  await expect(title).toHaveText('Two versions of this plan');
  await expect(other.getByText('Nothing stands in the way.')).toHaveCount(0);
  await notes(other).scrollIntoViewIfNeeded();
  await other.getByRole('button', { name: 'Go to the choice' }).click();
  await expect(notice.getByRole('button', { name: 'Load theirs' })).toBeFocused();
  await expect(notice).toBeInViewport();

  await page.getByRole('button', { name: /^Save$/ }).click();
  await saved(page, number);
  await page.getByRole('button', { name: 'Deploy now' }).click();
  await expect(notice).toContainText('You started this plan in another window');
  await expect(notice).toContainText('Your notes came too late and did not get into it.');
  await expect(notice.getByText('By night')).toBeVisible();
  await expect(notice.getByRole('button', { name: 'Copy my notes' })).toBeVisible();
  await expect(title).toHaveText('Already started');
  await expect(other.getByText('Draft, only you see it')).toHaveCount(0);
  await expect(other.getByRole('button', { name: 'Put mine on top of theirs' })).toHaveCount(0);
  await expectAccessible(other);
  await notice.getByRole('button', { name: 'Show the run' }).click();
  await expect(notice).toBeHidden();
  await expect(other.locator('.run-notes')).toContainText('By day');
  // The browser itself reports the answers 409; nothing else may be said.
  expect(said.filter((line) => !line.includes('409'))).toEqual([]);
  await context.close();
});

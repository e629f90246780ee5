// The frame of every page: its menu, its keys, its way to the content, and what it says when its code
// does not arrive.

import { execFileSync } from 'node:child_process';
import { binary, expect, expectAccessible, expectNoSidewaysScroll, hydrated, test } from '../fixtures';

for (const [scheme, width] of [
  ['light', 1440],
  ['dark', 1440],
  ['dark', 390],
] as const) {
  test.describe(`${scheme}, ${width} px`, () => {
    test.beforeEach(async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
    });

    test('About is accessible and fits', async ({ page }) => {
      await page.goto('/about');
      await hydrated(page);
      await expect(page.getByRole('heading', { level: 1, name: 'About' })).toBeVisible();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    });

    test('an address that leads nowhere is accessible and fits', async ({ page, said }) => {
      await page.goto('/nowhere');
      await hydrated(page);
      await expect(page.getByRole('heading', { name: 'Nothing is at this address' })).toBeVisible();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      // The browser's own word about the answer 404.
      said.splice(0, said.length, ...said.filter((line) => !/status of 404/.test(line)));
    });

    test('the menu of the person is a menu', async ({ page }) => {
      await page.goto('/about');
      await hydrated(page);
      const button = width > 720 ? page.locator('button.me') : page.getByRole('button', { name: /: your menu$/ });
      await button.click();
      const items = page.getByRole('menu', { name: 'Your account' }).getByRole('menuitem');
      await expect(items.first()).toBeFocused();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await page.keyboard.press('ArrowUp');
      await expect(items.last()).toBeFocused();
      await page.keyboard.press('Escape');
      await expect(items).toHaveCount(0);
      await expect(button).toBeFocused();
      await button.click();
      await expect(items.first()).toBeFocused();
      await page.getByRole('heading', { level: 1 }).click();
      await expect(items).toHaveCount(0);
      // A dialog that the menu opened gives the focus back to its button.
      await button.click();
      await items.filter({ hasText: 'Change password' }).click();
      const dialog = page.getByRole('dialog', { name: 'Change password' });
      await expect(dialog).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(dialog).toBeHidden();
      await expect(button).toBeFocused();
    });

    test('the list of keys and the palette are accessible and fit', async ({ page }) => {
      await page.goto('/about');
      await hydrated(page);
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keyboard keys' })).toBeVisible();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      const palette = page.getByRole('dialog', { name: 'Find or run' });
      await expect(palette.getByRole('option').first()).toBeVisible();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    });
  });
}

test('the foot of the page and About tell which version the console and each agent are', async ({ page, demo }) => {
  const version = /^slipway (\d+\.\d+\.\d+)$/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim())![1]!;
  await page.goto('/environments');
  await hydrated(page);
  const foot = page.getByRole('contentinfo', { name: /^Watch bar/ });
  await foot.getByRole('link', { name: `Slipway ${version}`, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'About' })).toBeVisible();
  const console = page.getByRole('region', { name: 'Console' });
  await expect(console.getByText('Version', { exact: true }).locator('xpath=following-sibling::dd[1]')).toHaveText(version);
  const agents = page.getByRole('table', { name: 'Agents, in promotion order' });
  expect(demo.environments).toHaveLength(3);
  for (const { name } of demo.environments) {
    const row = agents.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
    await expect(row.getByRole('cell')).toHaveText([version, /^\d+$/, 'Online']);
  }
});

test('the skip link takes the focus to the content', async ({ page }) => {
  await page.goto('/about');
  await hydrated(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
});

test('a page that nothing happens to hears that the line is alive', async ({ page, demo }) => {
  await page.goto(`${demo.url}/environments`);
  await hydrated(page);
  // The server says so every 10 s; without it a page takes itself for lost after 25.
  const heard = await page.evaluate(
    () =>
      new Promise<boolean>((resolve) => {
        const stream = new EventSource('/-/live');
        const settle = (alive: boolean) => {
          stream.close();
          resolve(alive);
        };
        stream.addEventListener('alive', () => settle(true));
        stream.addEventListener('error', () => settle(false));
      }),
  );
  expect(heard).toBe(true);
});

test('what is typed before the page is alive is kept', async ({ page, demo }) => {
  const name = demo.applications[0];
  let alive = () => {};
  const held = new Promise<void>((go) => (alive = go));
  await page.route(/\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/applications', { waitUntil: 'commit' });
  const search = page.getByRole('searchbox');
  await search.fill(name);
  alive();
  await hydrated(page);
  await expect(search).toHaveValue(name);
  await expect(page).toHaveURL(/search=/);
});

test('a page whose code does not arrive says so', async ({ page, said }) => {
  await page.route(/\.wasm$/, (route) => route.abort());
  await page.goto('/about', { waitUntil: 'commit' });
  const bar = page.getByRole('alert').filter({ hasText: 'This page did not start' });
  await expect(bar.getByRole('link', { name: 'Reload' })).toBeVisible();
  said.splice(0);
});

test('the style of other screens is here before the first of them is shown', async ({ page }) => {
  let arrive = () => {};
  const held = new Promise<void>((go) => (arrive = go));
  await page.route(/\/later\.[^/]+\.css$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/applications');
  await hydrated(page);
  const style = page.locator('#later-style');
  await expect(style).toHaveAttribute('rel', 'later');
  const asked = page.waitForRequest(/\/later\.[^/]+\.css$/);
  await page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name: 'Environments' }).click();
  await asked;
  await expect(page.getByRole('heading', { level: 1, name: 'Applications' })).toBeVisible();
  arrive();
  await expect(page.getByRole('heading', { level: 1, name: 'Environments' })).toBeVisible();
  expect(await style.evaluate((link) => (link as HTMLLinkElement).sheet !== null)).toBe(true);
  // Opened by its address, such a screen has its style from the beginning.
  await page.reload();
  await hydrated(page);
  await expect(style).toHaveAttribute('rel', 'stylesheet');
});

test('a style that does not arrive keeps nobody waiting, and is asked for again', async ({ page, said }) => {
  const file = /\/later\.[^/]+\.css$/;
  await page.route(file, (route) => route.abort());
  await page.goto('/applications');
  await hydrated(page);
  const main = page.getByRole('navigation', { name: 'Main', exact: true });
  await main.getByRole('link', { name: 'Environments' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Environments' })).toBeVisible();
  await page.unroute(file);
  await main.getByRole('link', { name: 'About' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'About' })).toBeVisible();
  expect(await page.locator('#later-style').evaluate((link) => (link as HTMLLinkElement).sheet !== null)).toBe(true);
  said.splice(0, said.length, ...said.filter((line) => !/ERR_FAILED/.test(line)));
});

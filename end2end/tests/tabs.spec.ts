// Two tabs of one browser share one live stream; when the tab that has it goes, the other takes it.

import { expect, hydrated, listen, test } from '../fixtures';
import { setUp, startConsole } from './console';

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });

test('two tabs share one stream, and the one that stays takes it over', async ({ page, context }) => {
  const console = await startConsole();
  try {
    const opened = { first: 0, second: 0 };
    const count = (tab: import('@playwright/test').Page, key: keyof typeof opened) =>
      tab.on('request', (request) => {
        if (new URL(request.url()).pathname === '/-/live') opened[key] += 1;
      });
    await setUp(page, console);
    count(page, 'first');
    await page.goto(`${console.url}/environments`);
    await hydrated(page);
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
    // One, or more if the first one did not come about at once.
    const streams = opened.first;
    expect(streams).toBeGreaterThan(0);

    const second = await context.newPage();
    const said = listen(second);
    count(second, 'second');
    await second.goto(`${console.url}/environments`);
    await hydrated(second);
    await expect(second.getByText('Live', { exact: true })).toBeVisible();
    expect(opened).toEqual({ first: streams, second: 0 });

    // What changes in one is seen in the other, through the one stream.
    await page.getByRole('button', { name: 'Register environment' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Register an environment' });
    await dialog.getByLabel('Name').fill('Workshop');
    await dialog.getByRole('button', { name: 'Register environment' }).click();
    await expect(second.getByRole('article', { name: 'Workshop' })).toBeVisible();
    expect(opened).toEqual({ first: streams, second: 0 });

    await page.goto('about:blank');
    await expect.poll(() => opened.second).toBe(1);
    await expect(second.getByText('Live', { exact: true })).toBeVisible();
    expect(said).toEqual([]);
    await second.close();
  } finally {
    await console.stop();
  }
});

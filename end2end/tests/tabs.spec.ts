// Two tabs of one browser share one live stream; when the tab that has it goes, the other takes it.

import { expect, hydrated, listen, test } from '../fixtures';
import { setUp, startConsole } from './console';
import type { Page } from '@playwright/test';

test.use({ storageState: { cookies: [], origins: [] }, baseURL: 'http://127.0.0.1' });

const isStream = (url: string) => new URL(url).pathname === '/-/live';

/** Goes to an address, and resolves once the tab itself has opened a stream for it. */
async function leading(tab: Page, url: string): Promise<void> {
  // "Live" alone would not say so: the document before this one may still answer for its stream.
  const opened = tab.waitForResponse((response) => isStream(response.url()) && response.ok());
  await tab.goto(url);
  await hydrated(tab);
  await opened;
  await expect(tab.getByText('Live', { exact: true })).toBeVisible();
}

test('two tabs share one stream, and the one that stays takes it over', async ({ page, context }) => {
  const console = await startConsole();
  try {
    await setUp(page, console);
    // Nobody else has a stream yet, so this is the tab's own, and it is open.
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
    await leading(page, `${console.url}/environments`);

    // From here on the first tab has its stream and opens no other.
    const opened = { first: 0, second: 0 };
    const count = (tab: Page, key: keyof typeof opened) =>
      tab.on('request', (request) => {
        if (isStream(request.url())) opened[key] += 1;
      });
    count(page, 'first');
    const second = await context.newPage();
    const said = listen(second);
    count(second, 'second');
    await second.goto(`${console.url}/environments`);
    await hydrated(second);
    await expect(second.getByText('Live', { exact: true })).toBeVisible();
    expect(opened).toEqual({ first: 0, second: 0 });

    // What changes in one is seen in the other, through the one stream.
    await page.getByRole('button', { name: 'Register environment' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Register an environment' });
    await dialog.getByLabel('Name').fill('Workshop');
    await dialog.getByRole('button', { name: 'Register environment' }).click();
    await expect(second.getByRole('article', { name: 'Workshop' })).toBeVisible();
    expect(opened).toEqual({ first: 0, second: 0 });

    const taken = second.waitForResponse((response) => isStream(response.url()) && response.ok());
    await page.goto('about:blank');
    await taken;
    await expect(second.getByText('Live', { exact: true })).toBeVisible();
    expect(opened).toEqual({ first: 0, second: 1 });
    expect(said).toEqual([]);
    await second.close();
  } finally {
    await console.stop();
  }
});

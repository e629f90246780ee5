// Links from elsewhere: the strict cookie stays behind, and the person is signed in all the same.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, hydrated, test } from '../fixtures';

test('a link on another site opens the page for who is signed in', async ({ page, demo }) => {
  const chat = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(`<title>Chat</title><a href="${demo.url.replace(/\/$/, '')}/plans?text=x">the plans</a>`);
  });
  await new Promise<void>((ready) => chat.listen(0, '127.0.0.1', ready));
  try {
    // By another name: for browsers, `localhost` and `127.0.0.1` are different sites.
    await page.goto(`http://localhost:${(chat.address() as AddressInfo).port}/`);
    await page.getByRole('link', { name: 'the plans' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Deployment Plans' })).toBeVisible();
    await hydrated(page);
    expect(new URL(page.url()).search).toBe('?text=x');
  } finally {
    await new Promise((closed) => chat.close(closed));
  }
});

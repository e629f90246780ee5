// What a browser really transfers for the sign-in and then the matrix, file by file, as its network
// log says. first-load.mjs BINARY

import { launch, line, signIn, withDemo } from './parts.mjs';

await withDemo(process.argv[2], async (demo) => {
  const browser = await launch();
  try {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    const log = await page.context().newCDPSession(page);
    const asked = new Map();
    const files = [];
    await log.send('Network.enable');
    log.on('Network.responseReceived', ({ requestId, response }) => asked.set(requestId, response));
    log.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const response = asked.get(requestId);
      if (!response || response.fromDiskCache) return;
      // The length counts the head; the body alone is what the budget is about.
      const head = response.encodedDataLength ?? 0;
      files.push([new URL(response.url).pathname, Math.max(0, encodedDataLength - head), response.headers['content-encoding'] ?? 'as it is']);
    });
    await signIn(page, demo);
    await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    await page.locator('tr.row').first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    await page.waitForLoadState('load');
    let carried = 0;
    let rest = 0;
    for (const [path, bytes, coding] of files.sort((a, b) => b[1] - a[1])) {
      line(path.slice(-36), `${bytes} bytes (${coding})`);
      if (path.startsWith('/pkg/')) carried += bytes;
      else rest += bytes;
    }
    line('files of the page, transferred', `${carried} bytes`);
    line('documents and answers, transferred', `${rest} bytes`);
  } finally {
    await browser.close();
  }
});

// How a large matrix feels: until its first rows are there, while it is scrolled through, and
// while it is searched. matrix.mjs BINARY FILL: a demo of its own, whose database FILL (the store's
// example) fills with 10,000 applications.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, line, row, show, signIn, withDemo } from './parts.mjs';

const APPLICATIONS = 10_000;
const [binary, fill] = process.argv.slice(2);
const data = mkdtempSync(join(tmpdir(), 'slipway-matrix-'));
// Once for the environments, which must be there before what runs in them.
await withDemo(binary, () => {}, ['--empty'], data);
const filled = spawnSync(fill, [`sqlite:${join(data, 'console.db')}`, 'applications', `${APPLICATIONS}`], { stdio: 'inherit' });
if (filled.status !== 0) throw new Error('the database could not be filled');
await withDemo(binary, measure, ['--empty'], data);
rmSync(data, { recursive: true, force: true });

async function measure(demo) {
  const browser = await launch();
  try {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    await signIn(page, demo);

    const first = [];
    for (let round = 0; round < 10; round += 1) {
      await page.goto(`${demo.url}/applications`, { waitUntil: 'commit' });
      await page.locator('tr.row').first().waitFor();
      first.push(await page.evaluate(() => performance.now()));
      await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    }
    line('first rows', show(first));
    row('matrix of 10,000 applications, first rows', first, null, 'navigation to rows in Chromium, median of 10');
    line('rows in all', await page.locator('table[aria-rowcount]').getAttribute('aria-rowcount'));

    const scrolled = await page.evaluate(async () => {
      const gaps = [];
      let blank = 0;
      const end = document.documentElement.scrollHeight;
      const step = Math.ceil(end / 600);
      let before = await new Promise(requestAnimationFrame);
      for (let at = 0; at < end; at += step) {
        window.scrollTo(0, at);
        const now = await new Promise(requestAnimationFrame);
        gaps.push(now - before);
        before = now;
        const inView = [...document.querySelectorAll('tr.row')].some((one) => {
          const place = one.getBoundingClientRect();
          return place.bottom > 0 && place.top < window.innerHeight;
        });
        blank += inView ? 0 : 1;
      }
      return { gaps, blank };
    });
    const sorted = scrolled.gaps.sort((a, b) => a - b);
    const part = (share) => `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1)} ms`;
    line('frames while scrolling through', `${sorted.length}; median ${part(0.5)}, 95 % ${part(0.95)}, worst ${part(1)}`);
    line('frames without any row in view', scrolled.blank);
    row('... scrolled through', sorted, null, `from frame to frame, a screen further each; 95 % ${part(0.95)}, worst ${part(1)}; ${scrolled.blank} of ${sorted.length} frames without a row in view`);

    await page.evaluate(() => window.scrollTo(0, 0));
    const searches = [];
    for (const text of ['claims', 'motor 00', '09999', 'policy portal', 'fraud']) {
      const time = page.evaluate(
        () =>
          new Promise((done) => {
            const began = performance.now();
            // Two searches may find the same number of rows: the first row tells them apart.
            const shown = () => {
              const table = document.querySelector('table[aria-rowcount]');
              const first = table?.querySelector('tr.row')?.textContent;
              return first && `${table.getAttribute('aria-rowcount')} ${first}`;
            };
            const before = shown();
            const watch = new MutationObserver(() => {
              if (shown() && shown() !== before) {
                watch.disconnect();
                done(performance.now() - began);
              }
            });
            watch.observe(document, { subtree: true, childList: true, attributes: true });
          }),
      );
      await page.getByRole('searchbox').fill(text);
      searches.push(await time);
    }
    line('search, from typing to rows', show(searches));
    row('... searched', searches, null, 'typing to rows in Chromium, median of 5');
  } finally {
    await browser.close();
  }
}

// How a large matrix feels: until its first rows are there, while it is scrolled through, and
// while it is searched. matrix.mjs DEMO.json: the address and the account of a console that runs,
// with as many applications as are of interest.

import { readFileSync } from 'node:fs';
import { launch, line, show, signIn } from './parts.mjs';

const demo = JSON.parse(readFileSync(process.argv[2], 'utf8'));
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
      blank += document.querySelectorAll('tr.row').length === 0 ? 1 : 0;
    }
    return { gaps, blank };
  });
  const sorted = scrolled.gaps.sort((a, b) => a - b);
  const part = (share) => `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1)} ms`;
  line('frames while scrolling through', `${sorted.length}; median ${part(0.5)}, 95 % ${part(0.95)}, worst ${part(1)}`);
  line('frames without any row', scrolled.blank);

  await page.evaluate(() => window.scrollTo(0, 0));
  const searches = [];
  for (const text of ['claims', 'motor 00', '09999', 'policy portal', 'fraud']) {
    const time = page.evaluate(
      () =>
        new Promise((done) => {
          const began = performance.now();
          const count = () => document.querySelector('table[aria-rowcount]')?.getAttribute('aria-rowcount');
          const before = count();
          const watch = new MutationObserver(() => {
            if (count() && count() !== before) {
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
} finally {
  await browser.close();
}

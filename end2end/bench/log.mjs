// How a log of a million lines feels: until its first line is there, while it is scrolled, and while
// it is searched. log.mjs BINARY FILL: a demo of its own, whose first plan FILL (the store's example)
// gives the lines.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, line, row, show, signIn, withDemo } from './parts.mjs';

const LINES = 1_000_000;
const PLAN = 1;
const LINE = '[role=log] .ln';
const [binary, fill] = process.argv.slice(2);
const data = mkdtempSync(join(tmpdir(), 'slipway-log-'));
await withDemo(binary, () => {}, [], data);
const filled = spawnSync(fill, [`sqlite:${join(data, 'console.db')}`, 'log', `${PLAN}`, `${LINES}`], { stdio: 'inherit' });
if (filled.status !== 0) throw new Error('the log could not be filled');
await withDemo(binary, measure, [], data);
rmSync(data, { recursive: true, force: true });

/**
 * In the page: presses, or scrolls to an end, and resolves with the milliseconds until the first or
 * the last of what is `shown` has another text.
 */
function until({ press, scroll, shown }) {
  const all = () => [...document.querySelectorAll(shown)];
  const read = () => all().at(-1) && `${all().at(0).textContent}${all().at(-1).textContent}`;
  return new Promise((done, failed) => {
    setTimeout(() => failed(new Error(`${shown} stays as it is`)), 30_000);
    const before = read();
    const began = performance.now();
    const watch = new MutationObserver(() => {
      const now = read();
      if (now && now !== before) {
        watch.disconnect();
        done(performance.now() - began);
      }
    });
    watch.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    if (press) document.querySelector(press).click();
    const scrolled = scroll && document.querySelector(scroll.in);
    if (scrolled) {
      // From the middle, so that it moves also where it is at this end already.
      scrolled.scrollTop = scrolled.scrollHeight / 2;
      requestAnimationFrame(() => { scrolled.scrollTop = scrolled.scrollHeight * scroll.part; });
    }
  });
}

async function measure(demo) {
  const browser = await launch();
  try {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    await signIn(page, demo);

    const opened = [];
    for (let round = 0; round < 10; round += 1) {
      await page.goto(`${demo.url}/plans`);
      await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
      await page.locator(`a[href="/plans/${PLAN}"]`).first().waitFor();
      opened.push(await page.evaluate(until, { press: `a[href="/plans/${PLAN}"]`, shown: LINE }));
    }
    line('first lines', show(opened));
    row('log of 1,000,000 lines, first lines', opened, 300, 'from the click in the list to lines in Chromium, median of 10');

    const steps = [];
    // A log that opens at its end goes on upwards.
    const part = await page.locator('[role=log]').evaluate((log) => (log.scrollTop > 0 ? 0 : 1));
    for (let step = 0; step < 30; step += 1) {
      steps.push(await page.evaluate(until, { scroll: { in: '[role=log]', part }, shown: LINE }));
    }
    line('scrolled, each time', show(steps));
    row('... scrolled', steps, null, 'to the end of what is there, until more lines are there, median of 30');

    const searches = [];
    for (const text of ['Orders0500000', 'needle', 'verified in 12', 'zzzz']) {
      const time = page.evaluate(until, { shown: '.hits' });
      await page.getByRole('searchbox', { name: 'Search the log' }).fill(text);
      searches.push(await time);
      // What was found, or that it is still being looked for: each search ends before the next one.
      await page.waitForFunction(() => !/…/.test(document.querySelector('.hits')?.textContent ?? '…'));
    }
    line('searched', show(searches));
    row('... searched', searches, null, 'from typing (which waits 250 ms for the next letter) to the first words about hits, median of 4');
  } finally {
    await browser.close();
  }
}

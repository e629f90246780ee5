// From a change in one browser to the screen of another: the order of the environments is changed
// on one page, and the heads of the matrix follow on another. Counted from when the first browser
// sends the change until the other one's document has it, so the commit is part of it.
// live.mjs BINARY

import { launch, line, row, show, signIn, withDemo } from './parts.mjs';

const ROUNDS = 20;

await withDemo(process.argv[2], async (demo) => {
  const browser = await launch();
  try {
    const open = async (prepare) => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      await context.addInitScript(prepare);
      const page = await context.newPage();
      await signIn(page, demo);
      return page;
    };
    const actor = await open(() => {
      const send = window.fetch;
      window.fetch = (...request) => {
        const address = String(request[0]?.url ?? request[0]);
        if (address.includes('swap_environments')) window.sent = performance.timeOrigin + performance.now();
        return send(...request);
      };
    });
    const watcher = await open(() => {
      const heads = () => [...document.querySelectorAll('table thead th')].map((head) => head.textContent).join('|');
      let before = '';
      new MutationObserver(() => {
        const now = heads();
        if (now && now !== before) {
          before = now;
          window.seen = performance.timeOrigin + performance.now();
          window.changes = (window.changes ?? 0) + 1;
        }
      }).observe(document, { subtree: true, childList: true, characterData: true });
    });
    await watcher.waitForFunction(() => window.changes > 0);
    await actor.goto(`${demo.url}/environments`);
    await actor.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    const list = actor.getByRole('list', { name: 'In promotion order' });
    const times = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = await watcher.evaluate(() => window.changes);
      const [first, second] = (await list.getByRole('heading').allInnerTexts()).slice(-2);
      await actor.getByRole('button', { name: `More for ${first}` }).click();
      await actor.getByRole('menuitem', { name: `Move after ${second}…` }).click();
      await actor.getByRole('dialog').getByRole('button', { name: 'Change the order' }).click();
      await watcher.waitForFunction((before) => window.changes > before, before);
      const sent = await actor.evaluate(() => window.sent);
      times.push((await watcher.evaluate(() => window.seen)) - sent);
      // The page itself must have followed before the next one.
      await list.getByRole('heading').last().filter({ hasText: first }).waitFor();
    }
    line('event to another screen', show(times));
    row('event to another screen', times, 300, `median of ${ROUNDS}, worst ${Math.max(...times).toFixed(1)} ms`);
  } finally {
    await browser.close();
  }
});

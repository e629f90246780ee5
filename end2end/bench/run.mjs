// From what happens in a run to the screen of who watches it: each line of the log has the time at
// which the console took it in, and the page tells when the line came to stand in it.
// run.mjs BINARY

import { launch, line, row, show, signIn, withDemo } from './parts.mjs';

const APPLICATIONS = 4;

await withDemo(process.argv[2], async (demo) => {
  const browser = await launch();
  try {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    await context.addInitScript(() => {
      window.seen = {};
      new MutationObserver(() => {
        const now = performance.timeOrigin + performance.now();
        for (const one of document.querySelectorAll('[role=log] .ln')) window.seen[one.id] ??= now;
      }).observe(document, { subtree: true, childList: true });
    });
    const page = await context.newPage();
    await signIn(page, demo);
    const [source, target] = demo.environments;
    // In two stages, so that the page stands open before most of it happens.
    await page.goto(`${demo.url}/environments`);
    await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    await page.getByRole('button', { name: `Change how ${target.name} takes plans` }).click();
    const rules = page.getByRole('dialog', { name: `How ${target.name} takes plans` });
    await rules.getByText('Deploy in two stages', { exact: true }).click();
    await rules.getByRole('button', { name: 'Save' }).click();
    await rules.waitFor({ state: 'hidden' });
    await page.goto(`${demo.url}/plans/new?source=${source.name}&target=${target.name}`);
    await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
    await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Add applications' }).first().click();
    const adding = page.getByRole('dialog', { name: 'Add applications' });
    await adding.getByRole('listitem').first().waitFor();
    for (let at = 0; at < APPLICATIONS; at += 1) await adding.getByRole('checkbox').nth(at).check();
    await adding.getByRole('button', { name: /^Add \d+ applications? to plan$/ }).click();
    const verdict = page.locator('#verdict-title');
    const fix = page.getByRole('button', { name: /^(Add missing producers|Apply this fix)$/ });
    const ready = verdict.filter({ hasText: 'Ready to run' });
    // What repairs it comes a moment after what is wrong.
    for (let tries = 0; tries < 5 && !(await ready.isVisible()); tries += 1) {
      await ready.or(fix).first().waitFor();
      if (await fix.isVisible()) await fix.click();
    }
    await ready.waitFor();
    await page.getByRole('button', { name: 'Prepare deployment' }).click();
    const goOn = page.locator('button:not([aria-disabled="true"])', { hasText: 'Continue deployment' });
    await goOn.waitFor();
    await page.getByRole('log').locator('.ln').first().waitFor();
    await goOn.click();
    await page.getByText(/^Done in/).first().waitFor();
    const number = Number(new URL(page.url()).pathname.split('/').pop());
    const lines = await page.evaluate(async (number) => {
      const filter = { after: 0, before: null, text: '', kinds: [], limit: 500 };
      const answer = await fetch('/api/read_log', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ number, filter }),
      });
      return (await answer.json()).lines;
    }, number);
    const seen = await page.evaluate(() => window.seen);
    // What was there before the page was is no event for it.
    const opened = Math.min(...Object.values(seen));
    const times = lines
      .filter((one) => seen[`L${one.number}`] && one.at > opened)
      .map((one) => seen[`L${one.number}`] - one.at);
    if (times.length === 0) throw new Error('no line came while the page was open');
    line('line of a run to the screen', show(times));
    row('a line of a run to the screen', times, 300, `median of ${times.length}, worst ${Math.max(...times).toFixed(1)} ms; from when the console took it in`);
  } finally {
    await browser.close();
  }
});

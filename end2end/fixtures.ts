// What every spec starts from: a console with its three environments and the sample factory, made
// anew for each worker; a page that is signed in; a browser console that has to stay silent.

import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Browser, type Page } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `slipway demo` writes into its data folder. */
export interface Demo {
  url: string;
  username: string;
  password: string;
  environments: { name: string; url: string }[];
  applications: string[];
}

/** A running demo. */
export interface RunningDemo extends Demo {
  data: string;
  /** Where a signed-in browser's cookies are kept, for `newContext({ storageState })`. */
  storage: string;
}

const here = dirname(fileURLToPath(import.meta.url));

/** The program that the specs try. */
export const binary = process.env.SLIPWAY_BIN ?? join(here, '../target/debug/slipway');

/** Starts `slipway demo` in a folder and resolves when it says that it is ready. */
export async function startDemo(data: string): Promise<{ child: ChildProcess; demo: Demo }> {
  const child = spawn(binary, ['demo', '--data', data, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  await new Promise<void>((ready, failed) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Slipway is ready')) ready();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', failed);
    child.on('exit', (code) => failed(new Error(`the demo ended with ${code}:\n${output}`)));
  });
  const demo = JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8')) as Demo;
  return { child, demo };
}

/** Stops a demo as Ctrl-C does, and waits until it is gone. */
export async function stopDemo(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const gone = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  child.removeAllListeners('error');
  child.kill('SIGINT');
  return gone;
}

/** Signs in through the page. */
export async function signIn(page: Page, demo: Demo): Promise<void> {
  await page.goto(`${demo.url}/sign-in`);
  await hydrated(page);
  await page.getByLabel(/login|user ?name/i).fill(demo.username);
  await page.getByLabel('Password', { exact: true }).fill(demo.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Applications' })).toBeVisible();
}

/** Waits until the page's own code has taken over from the server's HTML. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
}

async function storageOf(browser: Browser, demo: Demo, file: string): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page, demo);
  await context.storageState({ path: file });
  await context.close();
}

/** Everything the browser's console said that it should not have. */
export function listen(page: Page): string[] {
  const said: string[] = [];
  // What a browser says of a console that a spec stopped on purpose; the page says it itself.
  const away = /^Failed to load resource: net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE)/;
  // The same of a part of the page that was on its way; a part that is not there is said as its status.
  const onItsWay = /^TypeError: Failed to fetch/;
  page.on('console', (message) => {
    if (away.test(message.text())) return;
    if (onItsWay.test(message.text()) && message.location().url.endsWith('/slipway_parts.js')) return;
    if (message.type() === 'error' || message.type() === 'warning') {
      said.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => said.push(`thrown: ${error.message}`));
  return said;
}

/** Waits until no colour is between two others: another theme is faded in, which begins with the next frame. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    await frame();
    // What turns for ever, such as the sign of something that runs, has no end to wait for.
    const fading = document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(fading.map((animation) => animation.finished));
  });
}

/** No violations of WCAG 2.2 A and AA on what is shown now. */
export async function expectAccessible(page: Page): Promise<void> {
  // A bar that stays in its place covers what lies below it until one scrolls: all of the page is
  // shown at once, so that nothing lies there.
  const size = page.viewportSize();
  const height = await page.evaluate(() => Math.min(document.documentElement.scrollHeight + 120, 4_000));
  if (size && height > size.height) await page.setViewportSize({ width: size.width, height });
  await settled(page);
  const result = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const found = result.violations.map((violation) => ({
    rule: violation.id,
    help: violation.help,
    where: violation.nodes.slice(0, 5).map((node) => `${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
  }));
  expect(found).toEqual([]);
  if (size) await page.setViewportSize(size);
}

/** Nothing is cut off sideways: the page itself never scrolls horizontally. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  // Another width takes a moment to be laid out.
  await expect
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), {
      message: 'pixels by which the page is wider than the window',
    })
    .toBeLessThanOrEqual(0);
}

interface TestFixtures {
  /** What the browser's console said; it has to stay empty. A spec may take out what it provoked. */
  said: string[];
}

interface WorkerFixtures {
  demo: RunningDemo;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  demo: [
    async ({ browser }, use, info) => {
      const data = mkdtempSync(join(tmpdir(), `slipway-e2e-${info.workerIndex}-`));
      const { child, demo } = await startDemo(data);
      const log: string[] = [];
      child.stdout?.on('data', (chunk: Buffer) => log.push(chunk.toString()));
      child.stderr?.on('data', (chunk: Buffer) => log.push(chunk.toString()));
      try {
        const storage = join(data, 'browser.json');
        await storageOf(browser, demo, storage);
        await use({ ...demo, data, storage });
      } finally {
        await stopDemo(child);
        writeFileSync(join(info.project.outputDir, `demo-${info.workerIndex}.log`), log.join(''), { flag: 'w' });
        rmSync(data, { recursive: true, force: true });
      }
    },
    { scope: 'worker', timeout: 180_000 },
  ],
  // Every test is signed in unless it says otherwise with `test.use({ storageState: ... })`.
  storageState: async ({ demo }, use) => {
    await use(demo.storage);
  },
  baseURL: async ({ demo }, use) => {
    await use(demo.url);
  },
  said: [
    async ({ page }, use) => {
      const said = listen(page);
      await use(said);
      expect(said, 'the browser console has to stay silent').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

// What the measurements in the browser share: a browser, a demo, the words of a line.

import { chromium } from '@playwright/test';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A headless browser: the system's Chromium, or Playwright's own. */
export function launch() {
  const path = process.env.SLIPWAY_CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({
    ...(existsSync(path) ? { executablePath: path } : {}),
    args: process.getuid?.() === 0 ? ['--no-sandbox', '--disable-gpu', '--disable-quic'] : [],
  });
}

/**
 * Runs `work` with a demo of the given binary, and stops it whatever happens. It is a new one whose
 * folder goes with it, unless a folder is named.
 */
export async function withDemo(binary, work, more = [], folder = undefined) {
  const data = folder ?? mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const child = spawn(binary, ['--log', 'error', 'demo', '--data', data, '--listen', '127.0.0.1:0', ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise((done) => child.once('exit', done));
  try {
    let output = '';
    await new Promise((ready, failed) => {
      child.stdout.on('data', (chunk) => {
        output += chunk;
        if (output.includes('Slipway is ready')) ready();
      });
      child.once('exit', (code) => failed(new Error(`the demo ended with ${code}: ${output}`)));
    });
    await work(JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8')));
  } finally {
    child.kill('SIGINT');
    await gone;
    if (!folder) rmSync(data, { recursive: true, force: true });
  }
}

/** Signs in through the page. */
export async function signIn(page, demo) {
  await page.goto(`${demo.url}/sign-in`);
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached' });
  await page.getByLabel(/login|user ?name/i).fill(demo.username);
  await page.getByLabel('Password', { exact: true }).fill(demo.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Applications' }).waitFor();
}

/** A line as the other measurements print it. */
export function line(what, value) {
  console.log(`browser ${what.padEnd(36)} ${value}`);
}

/** Median and worst, in milliseconds. */
export function show(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const round = (time) => time.toFixed(1);
  return `${round(sorted[Math.floor(sorted.length / 2)])} ms, worst of ${sorted.length}: ${round(sorted.at(-1))} ms`;
}

/** A row of the table that `.ci/bench` prints: times against a target (null: none), in milliseconds. */
export function row(what, times, target, how) {
  const middle = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
  const against = target === null ? ['', ''] : [`${target} ms`, (middle / target).toFixed(2)];
  console.log(['row', what, `${middle.toFixed(1)} ms`, ...against, how].join('\t'));
}

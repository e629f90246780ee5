// A console of its own, without environments: `slipway serve` in a folder that goes with it.

import { expect, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hydrated, listen, stopDemo } from '../fixtures';

const here = dirname(fileURLToPath(import.meta.url));
const binary = process.env.SLIPWAY_BIN ?? join(here, '../../target/debug/slipway');

export const PASSWORD = 'Correct-Horse-7';

export interface Console {
  url: string;
  /** The one-time set-up token that the terminal shows. */
  token: string;
  data: string;
  stop(): Promise<void>;
}

/** Starts a console that nobody has set up. */
export async function startConsole(): Promise<Console> {
  const data = mkdtempSync(join(tmpdir(), 'slipway-console-'));
  const child = spawn(binary, ['serve', '--data', data, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  await new Promise<void>((ready, failed) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (/set-up token:\s+\S+/.test(output)) ready();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', failed);
    child.on('exit', (code) => failed(new Error(`the console ended with ${code}:\n${output}`)));
  });
  return {
    url: /ready: (\S+)/.exec(output)![1],
    token: /set-up token:\s+(\S+)/.exec(output)![1],
    data,
    stop: async () => {
      await stopDemo(child);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Makes the administrator's account through the page; signed in afterwards. */
export async function setUp(page: Page, console: Console, login = 'ada'): Promise<void> {
  await page.goto(console.url);
  await hydrated(page);
  await page.getByLabel('Set-up token').fill(console.token);
  await page.getByLabel('Your name').fill('Ada Quill');
  await page.getByLabel('User name').fill(login);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Applications' })).toBeVisible();
}

/** Signs in on the sign-in screen that is open. */
export async function fillSignIn(page: Page, login: string, password = PASSWORD): Promise<void> {
  await hydrated(page);
  await page.getByLabel('User name').fill(login);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Somebody in a browser of their own, with what its console said. */
export async function another(browser: Browser): Promise<{ context: BrowserContext; page: Page; said: string[] }> {
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  return { context, page, said: listen(page) };
}

/** What the browser says by itself about requests that were refused for want of a session. */
export function apartFromRefusals(said: string[]): string[] {
  return said.filter((line) => !/status of 401/.test(line));
}

/** Opens one's own menu and chooses. */
export async function chooseOwn(page: Page, item: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main', exact: true }).locator('button.me').click();
  await page.getByRole('menuitem', { name: item }).click();
}

/** Adds an account on the page *Accounts*, which is open, and signs its person in with the link, in a browser of their own. */
export async function invited(page: Page, browser: Browser, person: { name: string; login: string; standing: string }): Promise<Awaited<ReturnType<typeof another>>> {
  await page.getByRole('button', { name: 'Add account' }).click();
  const add = page.getByRole('dialog', { name: 'Add an account' });
  await add.getByLabel('Name', { exact: true }).fill(person.name);
  await add.getByLabel('User name').fill(person.login);
  await add.getByRole('radio', { name: person.standing }).check();
  await add.getByRole('button', { name: 'Add account' }).click();
  const link = page.getByRole('dialog', { name: `A link for ${person.name}` });
  const address = (await link.getByTestId('password-link').innerText()).trim();
  await link.getByRole('button', { name: 'Done' }).click();
  const own = await another(browser);
  await own.page.goto(address);
  await hydrated(own.page);
  await own.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await own.page.getByLabel('Password again').fill(PASSWORD);
  await own.page.getByRole('button', { name: 'Set password and sign in' }).click();
  return own;
}

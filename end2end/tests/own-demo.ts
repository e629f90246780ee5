// A demo of a spec's own, for what changes how its environments take plans.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { expect, hydrated, startDemo, stopDemo, type RunningDemo } from '../fixtures';
import type { Locator, Page } from '@playwright/test';

export interface OwnDemo extends RunningDemo {
  /** Stops it, and its folder goes. */
  end(): Promise<void>;
}

/** Starts a demo in a folder of its own. */
export async function ownDemo(name: string): Promise<OwnDemo> {
  const data = mkdtempSync(join(tmpdir(), `slipway-${name}-`));
  const { child, demo }: { child: ChildProcess; demo: Omit<RunningDemo, 'data' | 'storage'> } = await startDemo(data);
  const end = async () => {
    await stopDemo(child);
    rmSync(data, { recursive: true, force: true });
  };
  return { ...demo, data, storage: '', end };
}

/** Changes how Quality takes plans: what is flipped in the dialog is saved. */
export async function changeRules(page: Page, demo: { url: string }, change: (dialog: Locator) => Promise<void>): Promise<void> {
  await page.goto(`${demo.url}/environments`);
  await hydrated(page);
  await page.getByRole('button', { name: 'Change how Quality takes plans' }).click();
  const dialog = page.getByRole('dialog', { name: 'How Quality takes plans' });
  await change(dialog);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
}

/** The process of an environment's agent in the demo of this folder. */
export function agentOf(data: string, environment: string): number {
  const folder = join(data, 'agents', environment);
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let words: string[] = [];
    try {
      words = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
    } catch {
      // It has ended meanwhile.
    }
    if (words.includes('agent') && words.includes(folder)) return Number(id);
  }
  throw new Error(`no agent works in ${folder}`);
}

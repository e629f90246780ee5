// A demo of a spec's own, for what changes how its environments take plans.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { expect, hydrated, startDemo, stopDemo, type Demo, type RunningDemo } from '../fixtures';
import type { Locator, Page } from '@playwright/test';

export interface OwnDemo extends RunningDemo {
  /** Ends its console with this signal and starts it anew with what was kept. Its addresses are others then. */
  restart(signal: 'SIGINT' | 'SIGKILL'): Promise<void>;
  /** Stops it, and its folder goes. */
  end(): Promise<void>;
}

/** Starts a demo in a folder of its own. */
export async function ownDemo(name: string): Promise<OwnDemo> {
  const data = mkdtempSync(join(tmpdir(), `slipway-${name}-`));
  let child: ChildProcess;
  const start = async (): Promise<Demo> => {
    const started = await startDemo(data);
    child = started.child;
    return started.demo;
  };
  const own: OwnDemo = {
    ...(await start()),
    data,
    storage: '',
    restart: async (signal) => {
      const gone = new Promise((ended) => child.once('exit', ended));
      child.kill(signal);
      await gone;
      // Agents end by themselves when their console is gone; until then each holds its folder.
      await expect.poll(() => agentsIn(data), { timeout: 30_000 }).toEqual([]);
      Object.assign(own, await start());
    },
    end: async () => {
      await stopDemo(child);
      rmSync(data, { recursive: true, force: true });
    },
  };
  return own;
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

/** The processes of the agents in the demo of this folder, each with its own. */
function agentsIn(data: string): { id: number; folder: string }[] {
  const folders = join(data, 'agents');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      let words: string[] = [];
      try {
        words = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
      } catch {
        // It has ended meanwhile.
      }
      const folder = words.find((word) => dirname(word) === folders);
      return folder && words.includes('agent') ? [{ id: Number(id), folder }] : [];
    });
}

/** The process of an environment's agent in the demo of this folder. */
export function agentOf(data: string, environment: string): number {
  const folder = join(data, 'agents', environment);
  const agent = agentsIn(data).find((one) => one.folder === folder);
  if (!agent) throw new Error(`no agent works in ${folder}`);
  return agent.id;
}

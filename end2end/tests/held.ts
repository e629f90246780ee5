// Runs that stand still for as long as a spec looks at them, because an agent holds its breath or a
// service does not come up; and what the page of a run tells, to be told again.

import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type RunningDemo } from '../fixtures';
import { publisher } from './publish';
import type { Page } from '@playwright/test';

/** Stops the agent with this process while something is done. */
export async function whileItHoldsItsBreath(agent: number, work: () => Promise<void>): Promise<void> {
  process.kill(agent, 'SIGSTOP');
  try {
    await work();
  } finally {
    process.kill(agent, 'SIGCONT');
  }
}

/** An application with a library and a service that is linked with it. */
export interface Gated {
  name: string;
  /** Where its service is reached. */
  path: string;
  /** Publishes an edition to Development, where the service comes up at once. */
  publish(edition: number): void;
  /** In Quality the service of this edition does not come up until `open`, with this value of
   * its property *Pass* if one is given. */
  close(edition: number, pass?: string): void;
  open(edition: number, pass?: string): void;
}

/** Such an application; `number` tells those of a spec apart. */
export function gatedApplication(demo: RunningDemo, name: string, number: number): Gated {
  const folder = join(demo.data, 'own', `gated-${number}`);
  const word = name.replaceAll(/\W/g, '');
  const path = `/${word.toLowerCase()}`;
  const id = (last: number) => `019b76da-b100-7000-8000-${String(number * 10 + last).padStart(12, '0')}`;
  const gate = (edition: number, pass = '') => join(demo.data, `gate-${number}-${edition}${pass}`);
  // Whoever reads from a pipe waits for somebody who writes to it.
  const command =
    'if [ "$SLIPWAY_ENVIRONMENT" = Quality ] && [ -p "$1$SETTING_PASS" ]; then read go < "$1$SETTING_PASS"; fi; exec "$0" sample-service';
  const publish = publisher(demo, `${word} ${number}`);
  for (const module of ['rules', 'gate']) mkdirSync(join(folder, module), { recursive: true });
  return {
    name,
    path,
    publish(edition) {
      writeFileSync(join(folder, 'rules/rules.json'), JSON.stringify({ edition }));
      writeFileSync(join(folder, 'gate/service.json'), JSON.stringify({ module: `${word}Gate`, title: name, application: name, edition }));
      writeFileSync(
        join(folder, 'slipway.toml'),
        `[application]
id = "${id(0)}"
name = "${name}"

[[module]]
id = "${id(1)}"
name = "${word}Rules"
kind = "library"
path = "rules"

[[module.provides]]
kind = "resource"
name = "Rules"
content = "rules.json"

[[module]]
id = "${id(2)}"
name = "${word}Gate"
kind = "service"
path = "gate"
url_path = "${path}"

[module.service]
command = ["sh", "-c", '${command}', "{slipway}", "${gate(edition)}"]
health = "/health"
start_seconds = 300

[[module.setting]]
name = "Pass"
type = "text"
default = ""
description = "Which gate it stands at."

[[module.uses]]
module = "${word}Rules"
elements = [{ kind = "resource", name = "Rules" }]
`,
      );
      publish(folder);
    },
    close(edition, pass) {
      execFileSync('mkfifo', [gate(edition, pass)]);
    },
    open(edition, pass) {
      // Who comes later finds no gate; who waits at it goes on with the first writer.
      renameSync(gate(edition, pass), `${gate(edition, pass)}-open`);
      closeSync(openSync(`${gate(edition, pass)}-open`, constants.O_WRONLY | constants.O_NONBLOCK));
    },
  };
}

/** What the page of a run tells of how far it is. */
export interface Progress {
  title: string;
  /** Every step with its state. */
  steps: string[];
  /** The steps that are done, with how long they took. */
  done: string[];
  log: string[];
}

/** Reads it. */
export async function progressOf(page: Page): Promise<Progress> {
  // Each in its parts, between which the page has no spaces.
  const texts = (selector: string) =>
    page.locator(selector).evaluateAll((all) =>
      all.map((one) =>
        Array.from(one.children, (part) => (part.textContent ?? '').replaceAll(/\s+/g, ' ').trim())
          .filter((text) => text !== '')
          .join(' '),
      ),
    );
  return {
    title: await page.title(),
    steps: (await page.locator('.steplist > .step .sn').allTextContents()).map((text) => text.replaceAll(/\s+/g, ' ').trim()),
    done: await texts('.steplist > .step.ok .srow'),
    log: await texts('.log > .ln'),
  };
}

/** The page tells this again; after a restart the log goes on behind it. */
export async function expectProgress(page: Page, before: Progress, restarted = false): Promise<void> {
  const told = async () => {
    const now = await progressOf(page);
    return restarted ? { ...now, log: now.log.slice(0, before.log.length) } : now;
  };
  await expect.poll(told).toEqual(before);
}

/** The steps that are being worked on. */
export const stepsUnderWay = (page: Page) => page.locator('.steplist > .step[aria-current="step"] .sn');

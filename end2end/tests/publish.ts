// An application of a spec's own, published as a developer does, so that the sample stays as it is.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunningDemo } from '../fixtures';

const here = dirname(fileURLToPath(import.meta.url));
const binary = process.env.SLIPWAY_BIN ?? join(here, '../../target/debug/slipway');

export interface Published {
  name: string;
  /** Publishes it with this content to an environment. */
  publish(content: string, environment?: string): void;
  /** Publishes it on the machine of an agent, around the console; `environment` as its folder is called. */
  publishOutside(content: string, environment: string): void;
}

/** Publishes folders to environments, with a token of this name. */
export function publisher(demo: RunningDemo, name: string): (folder: string, environment?: string) => void {
  const beside = ['--data', demo.data, '--account', demo.username];
  const token = execFileSync(binary, ['token', 'create', ...beside, '--name', name], { encoding: 'utf8', stdio: 'pipe' }).trim();
  return (folder, environment = 'Development') => {
    execFileSync(binary, ['publish', '--console', demo.url, '--environment', environment, folder], {
      env: { ...process.env, SLIPWAY_TOKEN: token },
      stdio: 'pipe',
    });
  };
}

/** An application of one static module; `number` tells those of a spec apart, `more` is said of the module. */
export function ownApplication(demo: RunningDemo, name: string, number: number, more = ''): Published {
  const folder = join(demo.data, 'own', String(number));
  const word = name.replaceAll(/\W/g, '');
  const id = (last: number) => `019b76da-b000-7000-8000-${String(number * 10 + last).padStart(12, '0')}`;
  mkdirSync(join(folder, 'pages'), { recursive: true });
  writeFileSync(
    join(folder, 'slipway.toml'),
    `[application]
id = "${id(0)}"
name = "${name}"

[[module]]
id = "${id(1)}"
name = "${word}Pages"
kind = "static"
path = "pages"
url_path = "/${word.toLowerCase()}"
${more}`,
  );
  const publish = publisher(demo, `${word} ${number}`);
  const write = (content: string) =>
    writeFileSync(join(folder, 'pages/index.html'), `<!doctype html><title>${name}</title><p>${content}</p>`);
  return {
    name,
    publishOutside(content, environment) {
      write(content);
      execFileSync(binary, ['agent', 'publish', '--data', join(demo.data, 'agents', environment), folder]);
    },
    publish(content, environment) {
      write(content);
      publish(folder, environment);
    },
  };
}

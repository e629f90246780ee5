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
  const token = execFileSync(
    binary,
    ['token', 'create', '--data', demo.data, '--account', demo.username, '--name', `${word} ${number}`],
    { encoding: 'utf8' },
  ).trim();
  const write = (content: string) =>
    writeFileSync(join(folder, 'pages/index.html'), `<!doctype html><title>${name}</title><p>${content}</p>`);
  return {
    name,
    publishOutside(content, environment) {
      write(content);
      execFileSync(binary, ['agent', 'publish', '--data', join(demo.data, 'agents', environment), folder]);
    },
    publish(content, environment = 'Development') {
      write(content);
      execFileSync(binary, ['publish', '--console', demo.url, '--environment', environment, folder], {
        env: { ...process.env, SLIPWAY_TOKEN: token },
      });
    },
  };
}

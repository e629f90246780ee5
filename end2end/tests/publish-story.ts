// Publishing an application of one's own as its developers do: with the command line and a token.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunningDemo } from '../fixtures';

const binary = process.env.SLIPWAY_BIN ?? join(dirname(fileURLToPath(import.meta.url)), '../../target/debug/slipway');

/** An application with one static module. */
export interface OwnApplication {
  /** The last four digits of its id; its module has the next ones. */
  id: number;
  name: string;
  /** More of the manifest's module. */
  manifest?: string;
}

type Owner = Pick<OwnApplication, 'id' | 'name'>;

/** Writes the application's module as a part of `owner`, which may be another one, and gives that to `act`. */
function written(owner: Owner, application: OwnApplication, content: string, act: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-own-'));
  const { id, name } = application;
  try {
    mkdirSync(join(folder, 'front'));
    writeFileSync(join(folder, 'front/index.html'), `<title>${name}</title>${content}`);
    writeFileSync(
      join(folder, 'slipway.toml'),
      `[application]
id = "019b76da-a800-7000-8000-00000000${owner.id}"
name = "${owner.name}"
[[module]]
id = "019b76da-a800-7000-8000-00000000${id + 1}"
name = "${name}Front"
kind = "static"
path = "front"
url_path = "/${name.toLowerCase()}"
${application.manifest ?? ''}`,
    );
    act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Publishes it with this content to Development. */
export function publishOwn(demo: RunningDemo, application: OwnApplication, content: string): void {
  written(application, application, content, (folder) => {
    const beside = ['--data', demo.data, '--account', demo.username];
    const made = execFileSync(
      binary,
      ['token', 'create', ...beside, '--name', `${application.name} ${Date.now()}`, '--days', '1'],
      { encoding: 'utf8' },
    );
    execFileSync(binary, ['publish', '--console', demo.url, '--environment', 'Development', folder], {
      env: { ...process.env, SLIPWAY_TOKEN: made.trim().split('\n').pop() },
      stdio: 'pipe',
    });
  });
}

/**
 * Makes its module a part of another application, on the machine of Development's agent: the one that it
 * was is in Development no more. Gives the other one's name.
 */
export function moveAway(demo: RunningDemo, application: OwnApplication): string {
  const owner = { id: application.id + 2, name: `${application.name} Archive` };
  written(owner, application, 'moved', (folder) => {
    execFileSync(binary, ['agent', 'publish', '--data', join(demo.data, 'agents', 'development'), folder], { stdio: 'pipe' });
  });
  return owner.name;
}

#!/usr/bin/env node
// The console and an agent as processes: ready when, how much memory when idle; and a deployment
// of 100 small modules next to copying, syncing and renaming the same files on the same disk.
// SLIPWAY_BIN names the binary. Lines that begin with "row" are the table's (see .ci/bench).
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const slipway = process.env.SLIPWAY_BIN;
const MODULES = 100;
const PER_APPLICATION = 10;
const FILES = 10;
const BYTES = (10 << 20) / MODULES / FILES;
const ROUNDS = 3;
const folder = mkdtempSync(join(process.env.TMPDIR ?? tmpdir(), 'slipway-bench-'));
const children = [];

function row(...cells) {
  console.log(['row', ...cells].join('\t'));
}

function start(...args) {
  const child = spawn(slipway, ['--log', 'error', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  child.said = '';
  child.stdout.on('data', (data) => {
    child.said += data;
    child.emit('said');
  });
  child.on('exit', () => child.emit('said'));
  return child;
}

/** Resolves with the first match in what a process says. */
function says(child, pattern) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const match = child.said.match(pattern);
      if (match) resolve(match);
      else if (child.exitCode !== null) reject(new Error(`it stopped: ${child.said}`));
      else return;
      child.off('said', look);
    };
    child.on('said', look);
    look();
  });
}

function stopped(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return gone;
}

/** Megabytes: resident in all, and those of its own (not the pages of the binary's file). */
function memory(child) {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const of = (key) => Number(status.match(new RegExp(`${key}:\\s+(\\d+)`))[1]) / 1024;
  return { all: of('VmRSS'), own: of('RssAnon') };
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const middle = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const ms = (n) => (n < 1000 ? `${n.toFixed(0)} ms` : `${(n / 1000).toFixed(2)} s`);

let url;
let cookie = '';
async function call(name, args = {}) {
  const answer = await fetch(`${url}/api/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', cookie },
    body: JSON.stringify(args),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${text}`);
  const session = answer.headers.getSetCookie()[0];
  if (session) cookie = session.split(';')[0];
  return text ? JSON.parse(text) : null;
}

async function until(what, test) {
  for (const end = Date.now() + 60_000; Date.now() < end; await wait(40)) {
    const found = await test();
    if (found) return found;
  }
  throw new Error(`${what} did not happen within a minute`);
}

async function console_() {
  const times = [];
  let child;
  for (const again of Array(ROUNDS).keys()) {
    if (child) await stopped(child);
    const data = join(folder, `console${again}`);
    const begin = performance.now();
    child = start('serve', '--data', data, '--listen', '127.0.0.1:0');
    child.data = data;
    url = (await says(child, /ready: (\S+)/))[1];
    times.push(performance.now() - begin);
  }
  row('console, ready', ms(middle(times)), '500 ms', (middle(times) / 500).toFixed(2), 'process start to listening, new database; median of 3');
  const token = (await says(child, /token:\s+(\S+)/))[1];
  const password = `Bench-${randomBytes(9).toString('hex')}`;
  await call('create_administrator', { new: { token, name: 'Bench', login: 'bench', email: '', password } });
  return child;
}

/** Every change that the live stream tells, as pages hear it; resolves once it is open. */
async function* changes(signal) {
  const answer = await fetch(`${url}/-/live`, { headers: { cookie, 'sec-fetch-site': 'same-origin' }, signal });
  if (!answer.ok) throw new Error(`the live stream: ${answer.status}`);
  let text = '';
  for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    const lines = text.split('\n');
    text = lines.pop();
    for (const one of lines) if (one.startsWith('data:')) yield one.slice(5).trim();
  }
}

const agentTimes = [];
async function agent(name, purpose, server) {
  const environment = await call('create_environment', { new: { name, purpose } });
  const { code } = await call('create_join_code', { environment });
  const data = join(folder, name);
  const joined = spawnSync(slipway, ['agent', 'join', '--data', data, '--console', url, '--code', code]);
  if (joined.status !== 0) throw new Error(`${joined.stderr}`);
  let child;
  for (let again = 0; again < ROUNDS; again++) {
    if (child) await stopped(child);
    const begin = performance.now();
    child = start('agent', '--data', data, '--listen', '127.0.0.1:0');
    await says(child, /ready: (\S+)/);
    agentTimes.push(performance.now() - begin);
  }
  await until(`${name} online`, async () => {
    const all = await call('list_environments');
    return all.find((e) => e.row.id === environment && e.row.link === 'online' && e.last_synchronized);
  });
  return { environment, data, child, console: server.data };
}

const id = (a, b) => `0197a000-0000-7000-8000-${(a * 100_000 + b).toString(16).padStart(12, '0')}`;

/** The applications' folders, with content that does not pack well. */
function applications(round) {
  const roots = [];
  for (let a = 0; a < MODULES / PER_APPLICATION; a++) {
    const root = join(folder, `source${round}`, `application${a}`);
    let toml = `[application]\nid = "${id(1, a)}"\nname = "Application ${a}"\n`;
    for (let m = 0; m < PER_APPLICATION; m++) {
      const n = a * PER_APPLICATION + m;
      toml += `[[module]]\nid = "${id(2, n)}"\nname = "Module ${n}"\nkind = "static"\npath = "m${m}"\nurl_path = "/m${n}"\n`;
      mkdirSync(join(root, `m${m}`), { recursive: true });
      for (let f = 0; f < FILES; f++) writeFileSync(join(root, `m${m}`, `file${f}.bin`), randomBytes(BYTES));
    }
    writeFileSync(join(root, 'slipway.toml'), toml);
    roots.push(root);
  }
  return roots;
}

async function deploy(round, from, to) {
  const roots = applications(round);
  for (const root of roots) {
    const published = spawnSync(slipway, ['agent', 'publish', '--data', from.data, root]);
    if (published.status !== 0) throw new Error(`${published.stderr}`);
  }
  // What was published around the console is handed over by the agent, once its inventory told of it.
  await until('the bundles', () => {
    const files = readdirSync(from.console, { recursive: true });
    return files.filter((name) => /[0-9a-f]{64}$/.test(name)).length >= round * MODULES;
  });
  const handed = Date.now();
  await call('synchronize_environment', { environment: from.environment });
  await until('the inventory', async () => {
    const all = await call('list_environments');
    return all.find((e) => e.row.id === from.environment && e.last_synchronized >= handed);
  });
  const ids = roots.map((_, a) => id(1, a));
  const number = `1.${round}`;
  const filter = { source: from.environment, target: to.environment };
  const plan = await call('create_plan', { ...filter, applications: ids });
  let { revision, content } = await call('read_plan', { number: plan });
  content.operations = ids.map((application) => ({
    application,
    choice: { tag_and_deploy: { number, description: '' } },
  }));
  revision = await call('edit_plan', { number: plan, revision, edit: { Replace: content } });
  revision = await call('save_plan', { number: plan, revision });
  const ending = new AbortController();
  const stream = changes(ending.signal);
  await stream.next(); // it says hello when it listens
  let begin;
  await until('the start', async () => {
    begin = performance.now();
    const outcome = await call('start_plan', { number: plan, revision, override_reason: null });
    // The last inventory may still be on its way.
    const late = outcome.Refused?.findings.some((f) => f.code === 'version_not_available');
    if (outcome !== 'Started' && !late) throw new Error(JSON.stringify(outcome).slice(0, 2000));
    return outcome === 'Started';
  });
  // Only what the bar at the bottom of each page asks: to read a run of 100 modules again and again
  // would take the processor from what is measured.
  for await (const change of stream) {
    if (!change.startsWith(`plan/${plan} `)) continue;
    const { active } = await call('read_watch');
    if (!active.some((one) => one.number === plan)) break;
  }
  const seen = performance.now() - begin;
  ending.abort();
  const run = await call('read_run', { number: plan });
  if (!run.plan.status.startsWith('finished_succ')) {
    throw new Error(`${run.plan.status}: ${run.steps.find((s) => s.error)?.error}`);
  }
  const phases = run.phases.map((p) => `${p.phase} ${p.finished - p.started} ms`).join(', ');
  return { time: seen, phases };
}

/** The same files by hand: a copy beside what is there, one sync of the file system, renames. */
function copy(round) {
  const to = join(folder, 'by-hand');
  mkdirSync(join(to, 'new'), { recursive: true });
  mkdirSync(join(to, `now${round}`), { recursive: true });
  const begin = performance.now();
  for (let n = 0; n < MODULES; n++) {
    const from = join(folder, `source${round}`, `application${Math.floor(n / PER_APPLICATION)}`, `m${n % PER_APPLICATION}`);
    cpSync(from, join(to, 'new', `m${n}`), { recursive: true });
  }
  spawnSync('sync', ['-f', to]);
  for (let n = 0; n < MODULES; n++) renameSync(join(to, 'new', `m${n}`), join(to, `now${round}`, `m${n}`));
  spawnSync('sync', ['-f', to]);
  return performance.now() - begin;
}

/**
 * Ansible on the same machine, as it is quickest: one archive per module, unpacked where it belongs.
 * (Its `copy` of the same files asks about each of them, and takes many times as long.)
 */
function ansible(round) {
  const tool = spawnSync('ansible-playbook', ['--version']);
  if (tool.error) return null;
  const play = join(folder, `play${round}.json`);
  const modules = Array.from({ length: MODULES }, (_, n) => {
    const from = join(folder, `source${round}`, `application${Math.floor(n / PER_APPLICATION)}`, `m${n % PER_APPLICATION}`);
    const src = join(folder, `m${n}.tar`);
    const dest = join(folder, `ansible${round}`, `m${n}`);
    spawnSync('tar', ['-cf', src, '-C', from, '.']);
    mkdirSync(dest, { recursive: true });
    return { src, dest };
  });
  writeFileSync(play, JSON.stringify([{
    hosts: 'localhost', connection: 'local', gather_facts: false,
    tasks: [{ unarchive: { src: '{{ item.src }}', dest: '{{ item.dest }}', remote_src: true }, loop: modules }],
  }]));
  const begin = performance.now();
  const run = spawnSync('ansible-playbook', ['-i', 'localhost,', play]);
  if (run.status !== 0) throw new Error(`ansible-playbook: ${run.stdout}${run.stderr}`);
  return performance.now() - begin;
}

/** What `make run` starts, once new and once more with what is there. */
async function demo() {
  const data = join(folder, 'demo');
  const times = [];
  for (let again = 0; again < 2; again++) {
    const begin = performance.now();
    const child = start('demo', '--data', data, '--listen', '127.0.0.1:0');
    await says(child, /Slipway is ready/);
    times.push(performance.now() - begin);
    await stopped(child);
  }
  row('demo, first start', ms(times[0]), '', '', 'console, three agents, nine applications published with their history');
  row('demo, second start', ms(times[1]), '', '', 'the data kept');
}

async function main() {
  const server = await console_();
  const from = await agent('Development', 'development', server);
  const to = await agent('Quality', 'test', server);
  row('agent, ready', ms(middle(agentTimes)), '500 ms', (middle(agentTimes) / 500).toFixed(2), `process start to listening; median of ${agentTimes.length}`);
  await wait(3000);
  const idle = memory(server);
  row('console, idle', `${idle.all.toFixed(1)} MB resident`, '40 MB', (idle.all / 40).toFixed(2), `${idle.own.toFixed(1)} MB of it its own; two agents linked`);
  const young = memory(to.child);
  row('agent, idle', `${young.all.toFixed(1)} MB resident`, '20 MB', (young.all / 20).toFixed(2), `${young.own.toFixed(1)} MB of it its own; joined, hosts nothing`);
  const deployed = [];
  const copied = [];
  let phases = '';
  for (let round = 1; round <= ROUNDS; round++) {
    const { time, phases: last } = await deploy(round, from, to);
    deployed.push(time);
    phases = last;
    copied.push(copy(round));
  }
  const [a, b] = [middle(deployed), middle(copied)];
  row('deploying 100 modules (10 MB, 1,000 files)', ms(a), `copy, sync, rename ${ms(b)}`, `${(a / b).toFixed(2)} (at most 2)`, `console and agent as processes, median of 3; ${phases}`);
  const other = ansible(1);
  row('... the same files by Ansible', other === null ? 'not installed' : ms(other), '', other === null ? '' : (other / a).toFixed(1), 'one archive per module, unarchive, local connection');
  await wait(3000);
  const hosting = memory(to.child);
  row('agent, idle after deployments', `${hosting.all.toFixed(1)} MB resident`, '20 MB', (hosting.all / 20).toFixed(2), `${hosting.own.toFixed(1)} MB of it its own; hosts 100 static modules, after three deployments`);
  const after = memory(server);
  row('console, idle after deployments', `${after.all.toFixed(1)} MB resident`, '40 MB', (after.all / 40).toFixed(2), `${after.own.toFixed(1)} MB of it its own`);
  await Promise.all(children.reverse().map(stopped));
  await demo();
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await Promise.all(children.reverse().map(stopped));
  rmSync(folder, { recursive: true, force: true });
}

// Runs the steps of the Dockerfile without a container engine: each stage in a folder of its own, then its CMD, not as root
// where this is root, on files that nobody may write to. Says what it does; ends with 1 when a step fails.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './lib/set-up.mjs';

const NODE_USER = 1000;
const READY_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'millrace-image-'));
chmodSync(folder, 0o755);

/** `{name, value}` each, lines joined as Docker joins them. */
function instructions(text) {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  return lines
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => /^([A-Z]+) +(.+)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, name, value]) => ({ name, value }));
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

/** Copies, and runs commands, as the stages say. @returns the last stage. */
function buildStages(all) {
  const stages = new Map();
  let stage = null;
  for (const { name, value } of all) {
    if (name === 'FROM') {
      const [, as = `stage ${stages.size}`] = / AS (\S+)$/.exec(value) ?? [];
      stage = { root: join(folder, as), workdir: '/', env: {}, cmd: null };
      stages.set(as, stage);
      mkdirSync(stage.root);
    } else if (name === 'ENV') {
      for (const [, key, text] of value.matchAll(/(\w+)=(\S+)/g)) stage.env[key] = text;
    } else if (name === 'WORKDIR') {
      stage.workdir = value;
      mkdirSync(join(stage.root, value), { recursive: true });
    } else if (name === 'COPY') copy(stage, stages, value);
    else if (name === 'RUN') run(stage, value);
    else if (name === 'CMD') stage.cmd = JSON.parse(value);
  }
  return stage;
}

function copy(stage, stages, value) {
  say(`COPY ${value}`);
  const words = value.split(' ');
  const from = words[0].startsWith('--from=') ? stages.get(words.shift().slice('--from='.length)).root : ROOT;
  const target = words.pop();
  for (const source of words) {
    const to = target.endsWith('/') ? join(target, source.split('/').at(-1)) : target;
    const place = join(stage.root, stage.workdir, to);
    mkdirSync(dirname(place), { recursive: true });
    cpSync(join(from, source), place, { recursive: true, verbatimSymlinks: true });
  }
}

/** The one command that is no program of the application: makes the data folder. */
const MAKES_DATA = /^mkdir \/data && chown node:node \/data$/;

function run(stage, command) {
  if (MAKES_DATA.test(command)) {
    mkdirSync(join(stage.root, 'data'));
    if (process.getuid() === 0) chownSync(join(stage.root, 'data'), NODE_USER, NODE_USER);
    return;
  }
  say(`RUN ${command}`);
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  const { status } = spawnSync('sh', ['-ec', command], {
    cwd: join(stage.root, stage.workdir),
    stdio: 'inherit',
    env,
  });
  if (status !== 0) throw new Error(`RUN ended with ${status}`);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts the image's command on its embedded database. @returns once it has answered and has stopped with 0. */
async function start({ root, workdir, env, cmd }) {
  spawnSync('chmod', ['-R', 'a-w,a+rX', join(root, workdir)]);
  const port = await freePort();
  const asNode = process.getuid() === 0 ? { uid: NODE_USER, gid: NODE_USER } : {};
  say(`CMD ${cmd.join(' ')}`);
  const child = spawn(process.execPath, cmd.slice(1), {
    cwd: join(root, workdir),
    env: { PATH: process.env.PATH, ...env, MILLRACE_DATA: join(root, env.MILLRACE_DATA), PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
    ...asNode,
  });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  try {
    await answers(`http://127.0.0.1:${port}/health/live`, exited);
    const { status } = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
    say(`/health: ${status}`);
  } finally {
    child.kill('SIGTERM');
  }
  const end = await exited;
  if (end !== 0) throw new Error(`after SIGTERM it ended with ${end}`);
}

async function answers(url, exited) {
  let hasEnded = false;
  void exited.then(() => (hasEnded = true));
  for (const until = Date.now() + READY_MS; ;) {
    const ok = await fetch(url)
      .then((answer) => answer.ok)
      .catch(() => false);
    if (ok) return;
    if (hasEnded || Date.now() > until) throw new Error(`${url} does not answer`);
    await new Promise((next) => setTimeout(next, 200));
  }
}

try {
  const stage = buildStages(instructions(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')));
  await start(stage);
  say('the steps of the Dockerfile make a server that starts, answers and stops');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  spawnSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true, force: true });
}

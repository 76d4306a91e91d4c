// `npm start` as a newcomer sees it: in a fresh clone, first and second start, health, key, an answer, SIGTERM.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from './lib/server.mjs';
import { ROOT } from './lib/set-up.mjs';

const FIRST_START_LIMIT_MS = 10 * 60_000;
const SECOND_START_LIMIT_MS = 60_000;

const parent = mkdtempSync(join(tmpdir(), 'millrace-smoke-'));
chmodSync(parent, 0o755);
const clone = join(parent, 'millrace');
const { PATH, HOME } = process.env;
const env = { PATH, HOME };
try {
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', ROOT, clone], { stdio: 'inherit' });
  const first = await start('first', FIRST_START_LIMIT_MS);
  const key = /API key +(mr_\S+)/.exec(first.output())?.[1];
  if (key === undefined) throw new Error(`the first start shows no key:\n${first.output()}`);
  await check(first, key);
  const second = await start('second', SECOND_START_LIMIT_MS);
  if (second.output().includes(key)) throw new Error('the second start shows the key again');
  await check(second, key);
} finally {
  rmSync(parent, { recursive: true, force: true });
}
console.log('smoke test passed');

async function start(name, limitMs) {
  const started = Date.now();
  const server = await serve('npm', ['start'], { cwd: clone, env, limitMs });
  console.log(`${name} start: ready after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return server;
}

async function check(server, key) {
  const health = await (await fetch(`${server.url}/health`)).json();
  if (health.status !== 'healthy') throw new Error(`health: ${JSON.stringify(health)}`);
  const answer = await fetch(`${server.url}/api/v1/workflows`, { headers: { 'X-API-Key': key } });
  if (!answer.ok) throw new Error(`the list of workflows answers ${answer.status}: ${await answer.text()}`);
  const code = await server.stop();
  if (code !== 0) throw new Error(`SIGTERM ended it with ${code}:\n${server.output()}`);
}

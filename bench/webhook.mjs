// npm run bench: executions per second of a webhook that starts three small steps (set, condition, set), each of them
// counted in the database when it has completed. See README.md beside this file.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';

const { values: options } = parseArgs({
  options: {
    executions: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    port: { type: 'string', default: '8103' },
    json: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});

const DEFINITION = `
name: bench
steps:
  - {id: first, type: set, config: {values: {amount: "{{ input.amount }}"}}}
  - id: check
    type: condition
    config:
      expression: steps.first.output.amount > 100
      then:
        - {id: big, type: set, config: {values: {size: big}}}
      else:
        - {id: small, type: set, config: {values: {size: small}}}
triggers:
  - {type: webhook, name: hook, config: {path: /bench}}
`;

const url = `http://127.0.0.1:${options.port}`;
const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
// As root, PostgreSQL runs as another user, who must be able to pass.
chmodSync(folder, 0o755);
const server = await start();
try {
  const key = readFileSync(join(folder, 'admin-api-key'), 'utf8').trim();
  const id = await deploy(key);
  await load(id, key, 1_000);
  const results = [];
  for (let round = 1; round <= Number(options.rounds); round++) {
    results.push(await load(id, key, Number(options.executions)));
    if (!options.json) console.log(line(round, results.at(-1)));
  }
  const rates = results.map((result) => result.perSecond).sort((a, b) => a - b);
  const median = rates[Math.floor(rates.length / 2)];
  console.log(
    options.json
      ? JSON.stringify({ backend: backend(), median, results })
      : `median ${median.toFixed(0)} executions/s on ${backend()}`,
  );
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
}

function backend() {
  return process.env.REDIS_URL ? 'Redis' : 'PostgreSQL alone';
}

async function start() {
  const flags = options.profile ? ['--cpu-prof', '--cpu-prof-dir', 'bench/results'] : [];
  const child = spawn('node', [...flags, 'dist/src/main.js'], {
    env: { ...process.env, PORT: options.port, HOST: '127.0.0.1', MILLRACE_DATA: folder, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let look = 0; look < 300; look++) {
    const ready = await fetch(`${url}/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return child;
    if (child.exitCode !== null) break;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error('the server did not become ready');
}

async function call(key, method, path, body, type = 'application/json') {
  const headers = { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': type }) };
  const answer = await fetch(url + path, { method, headers, body });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}

async function deploy(key) {
  const { id } = await call(key, 'POST', '/api/v1/workflows', DEFINITION, 'application/yaml');
  await call(key, 'POST', `/api/v1/deployment/workflows/${id}/deploy`, '{}');
  return id;
}

/** Sends `count` requests over kept connections and waits until each of their executions has completed. */
async function load(id, key, count) {
  const before = await completed(id, key);
  const pool = new Pool(url, { connections: Number(options.connections), pipelining: 1 });
  const latencies = [];
  let sent = 0;
  const started = performance.now();
  const client = async () => {
    while (sent < count) {
      const amount = sent++ % 200;
      const began = performance.now();
      const { statusCode, body } = await pool.request({
        path: '/webhook/bench',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ amount }),
      });
      await body.dump();
      if (statusCode !== 202) throw new Error(`webhook answered ${statusCode}`);
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: Number(options.connections) }, client));
  const accepted = performance.now();
  while ((await completed(id, key)) < before + count) await new Promise((next) => setTimeout(next, 50));
  const ended = performance.now();
  await pool.close();
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return {
    count,
    perSecond: count / ((ended - started) / 1000),
    acceptedPerSecond: count / ((accepted - started) / 1000),
    acceptP50: at(0.5),
    acceptP99: at(0.99),
  };
}

async function completed(id, key) {
  return (await call(key, 'GET', `/api/v1/workflows/${id}`)).execution_count;
}

function line(round, result) {
  const { count, perSecond, acceptedPerSecond, acceptP50, acceptP99 } = result;
  return `round ${round}: ${count} executions, ${perSecond.toFixed(0)}/s finished, ${acceptedPerSecond.toFixed(0)}/s accepted, accept p50 ${acceptP50.toFixed(1)} ms p99 ${acceptP99.toFixed(1)} ms`;
}

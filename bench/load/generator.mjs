// The load generator, a process of its own: `node generator.mjs '<job>'` sends requests and prints what it saw as JSON.
//
// A job is {url, path, from, connections, count} (as fast as the connections allow: each sends its next request when
// the last was answered) or {url, path, from, rate, seconds} (at fixed times, whatever the answers do; a latency then
// counts from the time its request was due, so that a server that stalls does not hide it). The first `lead` requests (0),
// sent besides, are not measured: this process has just started, connects and compiles. `items: true` returns the number
// and time of each that is measured. Bodies are {n, amount}, with n counting from `from`.
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { spread } from '../lib/numbers.mjs';

const RATE_CONNECTIONS = 256;
const ANSWER_LIMIT_MS = 30_000;

const job = { lead: 0, ...JSON.parse(process.argv[2]) };
const pool = new Pool(job.url, {
  connections: job.connections ?? RATE_CONNECTIONS,
  pipelining: 1,
  headersTimeout: ANSWER_LIMIT_MS,
  bodyTimeout: ANSWER_LIMIT_MS,
});
const latencies = [];
const items = [];
const faults = new Map();

const leadMs = job.rate === undefined ? 0 : (job.lead * 1000) / job.rate;
const began = performance.now();
const sent = job.rate === undefined ? await asFastAsAnswered() : await atFixedTimes();
const seconds = (performance.now() - began) / 1000;
await pool.close();
const failed = [...faults.values()].reduce((sum, count) => sum + count, 0);
process.stdout.write(
  JSON.stringify({
    sent,
    accepted: sent - failed,
    faults: Object.fromEntries(faults),
    startedAt: performance.timeOrigin + began + leadMs,
    seconds: seconds - leadMs / 1000,
    latency: spread(latencies),
    ...(job.items && { items }),
  }),
);

async function asFastAsAnswered() {
  let next = 0;
  const client = async () => {
    while (next < job.lead + job.count) await send(next++, performance.now());
  };
  await Promise.all(Array.from({ length: job.connections }, client));
  return next;
}

async function atFixedTimes() {
  const count = job.lead + Math.round(job.rate * job.seconds);
  const pending = [];
  for (let index = 0; index < count; index++) {
    const due = began + (index * 1000) / job.rate;
    const early = due - performance.now();
    if (early > 0) await delay(early);
    pending.push(send(index, due));
  }
  await Promise.all(pending);
  return count;
}

async function send(index, due) {
  const n = job.from + index;
  try {
    const { statusCode, body } = await pool.request({
      path: job.path,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ n, amount: n % 200 }),
    });
    const text = await body.text();
    if (statusCode >= 300) return fault(`status ${statusCode}`);
    if (index < job.lead) return;
    latencies.push(performance.now() - due);
    if (job.items) items.push({ n, due: performance.timeOrigin + due, id: idOf(text) });
  } catch (error) {
    fault(error.code ?? error.message);
  }
}

/** Restate names an execution in its answer; the others are found by `n`. */
function idOf(text) {
  return /"invocationId":"([^"]+)"/.exec(text)?.[1];
}

function fault(reason) {
  faults.set(reason, (faults.get(reason) ?? 0) + 1);
}

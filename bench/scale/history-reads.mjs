import { spread } from '../lib/numbers.mjs';
import { say } from '../lib/progress.mjs';

const TIMES = 60;
const SLOW_TIMES = 5;
/** A read this slow is not made as often. */
const SLOW_MS = 500;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Reads by the API, one after the other, with other values each time. @returns [{name, p50, p99, promised}] */
export async function readHistory({ server, rows }, { workflows, today }) {
  const samples = await rows(`SELECT id, workflow_id FROM execution TABLESAMPLE SYSTEM (0.05) LIMIT 2000`);
  const [trigger] = await rows('SELECT id FROM trigger WHERE workflow_id = $1', [workflows[0]]);
  const some = (n) => samples[(n * 7919) % samples.length];
  const at = (ms) => encodeURIComponent(new Date(ms).toISOString());
  const day = (n) => today - (1 + (n % 25)) * DAY_MS;
  // Minutes are kept for a week.
  const lately = (n) => today - (1 + (n % 5)) * DAY_MS;
  const range = (from, to) => `from=${at(from)}&to=${at(to)}`;
  const now = Date.now();
  const reads = [
    ['list', () => '/executions'],
    ['list: a page from the middle', (n) => `/executions?${range(day(n), day(n) + 13 * HOUR_MS)}`],
    ['list: of a busy workflow', (n) => `/workflows/${workflows[n % 5]}/executions`],
    ['list: of a quiet workflow', (n) => `/workflows/${workflows[workflows.length - 1 - (n % 5)]}/executions`],
    ['filter: failed', () => '/executions?status=failed'],
    ['filter: running', () => '/executions?status=running,waiting'],
    ['filter: cancelled', () => '/executions?status=cancelled'],
    ['filter: failed of one workflow', (n) => `/executions?workflow_id=${some(n).workflow_id}&status=failed`],
    [
      'filter: trigger type and status in a range',
      (n) => `/executions?trigger_type=cron&status=failed&${range(day(n), day(n) + DAY_MS)}`,
    ],
    ['filter: a trigger that never fired', () => `/executions?trigger_id=${trigger.id}`],
    ['filter: a trigger that is gone', () => '/executions?trigger_id=01900000-0000-7000-8000-000000000000', false],
    ['filter: a trigger type that never was', () => '/executions?trigger_type=github', false],
    ['search: an error code', () => '/executions?q=http_503'],
    ['search: the beginning of an id', (n) => `/executions?q=${some(n).id.slice(0, 13)}`],
    ['search: words that are nowhere', (n) => `/executions?q=nowhere${n}`],
    ['detail with its steps', (n) => `/executions/${some(n).id}`],
    ['steps', (n) => `/executions/${some(n).id}/steps`],
    ['timeline', (n) => `/executions/${some(n).id}/timeline`],
    ['status of a workflow', (n) => `/workflows/${workflows[n % workflows.length]}/status`],
    ['statistics of a workflow', (n) => `/workflows/${workflows[n % workflows.length]}/statistics`],
    ['statistics of an hour', (n) => `/statistics?${range(lately(n), lately(n) + HOUR_MS)}&bucket=minute`],
    ['statistics of a day', (n) => `/statistics?${range(day(n), day(n) + DAY_MS)}`],
    ['statistics of a week', () => `/statistics?${range(now - 7 * DAY_MS, now)}&bucket=day`],
  ];
  const results = [];
  for (const [name, path, promised = true] of reads) {
    const latency = spread(await timed(server, path));
    say(`${name}: p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms`);
    results.push({ name, promised, ...latency });
  }
  return results;
}

async function timed(server, path) {
  const milliseconds = [];
  // The first one is about a cold cache and a plan.
  await server.call('GET', path(0));
  for (let n = 1; n <= TIMES; n++) {
    const began = performance.now();
    await server.call('GET', path(n));
    milliseconds.push(performance.now() - began);
    if (n >= SLOW_TIMES && milliseconds[0] > SLOW_MS) break;
  }
  return milliseconds;
}

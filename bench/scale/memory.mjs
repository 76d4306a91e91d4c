import { Numbers } from '../compare/rounds.mjs';
import { until } from '../lib/http.mjs';
import { memoryOf } from '../lib/memory.mjs';
import { median, short } from '../lib/numbers.mjs';
import { say } from '../lib/progress.mjs';
import { generate } from '../load/generate.mjs';
import { startOnOwnPostgres } from './server.mjs';

const RATE = 200;
const SLICE_SECONDS = 10;
const MB = 2 ** 20;
const FLAT_WITHIN = 1.25;

const WORK = `
name: load
steps:
  - {id: first, type: set, config: {values: {amount: "{{ input.amount }}"}}}
  - {id: note, type: log, config: {message: "Amount {{ input.amount }}"}}
  - {id: last, type: set, config: {values: {size: "{{ steps.first.output.amount * 2 }}"}}}
triggers:
  - {type: webhook, config: {path: /load}}
`;

/** 200 executions a second for `--minutes` (60): what the process holds in the first and in the last tenth. */
export async function memory(folder, { minutes = '60' }) {
  const own = await startOnOwnPostgres(folder);
  try {
    await own.server.deploy(WORK);
    const samples = await underLoad(own, Number(minutes) * 60);
    const tenth = Math.max(1, Math.floor(samples.length / 10));
    // The first slices fill caches and the heap.
    const early = median(samples.slice(tenth, 2 * tenth));
    const late = median(samples.slice(-tenth));
    const [{ count }] = await own.rows(`SELECT count(*)::int AS count FROM execution WHERE status = 'completed'`);
    return [
      { figure: 'executions completed', measured: short(count), holds: null },
      { figure: 'memory in the second tenth', measured: `${short(early / MB)} MB`, holds: null },
      { figure: `memory in the last tenth of ${minutes} minutes`, measured: `${short(late / MB)} MB`, holds: null },
      {
        figure: 'growth',
        measured: `×${short(late / early)}`,
        target: `flat: < ×${FLAT_WITHIN}`,
        holds: late / early < FLAT_WITHIN,
      },
    ];
  } finally {
    await own.stop();
  }
}

async function underLoad({ server, rows }, seconds) {
  const numbers = new Numbers();
  const samples = [];
  let accepted = 0;
  const finished = async () =>
    (await rows('SELECT coalesce(sum(completed), 0)::int AS count FROM workflow_counter'))[0].count >= accepted;
  for (const deadline = performance.now() + seconds * 1000; performance.now() < deadline;) {
    const from = numbers.take(RATE * SLICE_SECONDS);
    const load = await generate({ url: server.url, path: '/webhook/load', from, rate: RATE, seconds: SLICE_SECONDS });
    if (load.accepted < load.sent) throw new Error(`requests failed: ${JSON.stringify(load.faults)}`);
    accepted += load.accepted;
    samples.push(memoryOf([server.pid]));
    if (samples.length % 6 === 0) say(`${accepted} executions, ${short(samples.at(-1) / MB)} MB`);
  }
  await until('the load finishes', finished, { limitMs: 120_000, everyMs: 200, programs: [server] });
  return samples;
}

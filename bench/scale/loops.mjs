import { memoryOf } from '../lib/memory.mjs';
import { until } from '../lib/http.mjs';
import { median, short } from '../lib/numbers.mjs';
import { startOnOwnPostgres } from './server.mjs';

const TIMES = 3;
const MOST_BRANCHES = 1_000;
const LIMIT_MS = 300_000;
/** Ten times the items may cost this much more than ten times the time. */
const LINEAR_WITHIN = 1.5;

const loop = (count) => `
name: loop ${count}
steps:
  - id: each
    type: loop
    config:
      items: "{{ input.items }}"
      max_iterations: ${count}
      steps:
        - {id: save, type: set, config: {values: {double: "{{ item * 2 }}"}}}
`;
const branches = (count) => `
name: branches ${count}
steps:
  - id: fork
    type: parallel
    config:
      branches:
${Array.from({ length: count }, (_, n) => `        b${n}: [{id: s${n}, type: set, config: {values: {n: ${n}}}}]`).join('\n')}
`;

/** A long loop and many branches: time for ten times as many, and what the process holds afterwards. */
export async function loops(folder) {
  const own = await startOnOwnPostgres(folder);
  try {
    return [
      ...(await compared(own, 'loop items', loop, 1_000, 10_000)),
      ...(await compared(own, 'parallel branches', branches, 100, MOST_BRANCHES)),
    ];
  } finally {
    await own.stop();
  }
}

async function compared(own, what, definition, few, many) {
  const small = await timed(own, definition(few), few);
  const before = memoryOf([own.server.pid]);
  const large = await timed(own, definition(many), many);
  const growth = large.seconds / small.seconds;
  const factor = many / few;
  const held = memoryOf([own.server.pid]) / before;
  return [
    { figure: `${many} ${what}`, measured: `${short(large.seconds)} s`, holds: null },
    {
      figure: `${many} ${what} beside ${few}`,
      measured: `×${short(growth)}`,
      target: `linear: ×${short(factor)}, half as much again allowed`,
      holds: growth <= factor * LINEAR_WITHIN,
    },
    { figure: `memory after ${many} ${what}`, measured: `×${short(held)}`, target: '< ×2', holds: held < 2 },
  ];
}

/** The time in the execution itself, from its start to its end. */
async function timed({ server, rows }, text, count) {
  const { id } = await server.call('POST', '/workflows', text, 'application/yaml');
  const body = { input: { items: Array.from({ length: count }, (_, n) => n) } };
  const seconds = [];
  for (let time = 0; time <= TIMES; time++) {
    const { execution_id } = await server.call('POST', `/workflows/${id}/execute`, body);
    const ended = async () => (await rows(ENDED, [execution_id]))[0];
    const row = await until(`${count} of them`, ended, { limitMs: LIMIT_MS, programs: [server] });
    const [{ steps }] = await rows(STEPS, [execution_id]);
    if (row.status !== 'completed' || steps !== count + 1) {
      throw new Error(`the execution is ${row.status} with ${steps} of ${count + 1} steps`);
    }
    // The first one compiles the plan.
    if (time > 0) seconds.push(row.seconds);
  }
  return { seconds: median(seconds) };
}

const ENDED = `SELECT status, extract(epoch FROM end_time - start_time)::float8 AS seconds FROM execution
  WHERE id = $1 AND end_time IS NOT NULL`;
const STEPS = `SELECT count(*)::int AS steps FROM step_execution WHERE execution_id = $1 AND status = 'completed'`;

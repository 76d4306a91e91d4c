import { until } from '../lib/http.mjs';
import { median, short } from '../lib/numbers.mjs';
import { say } from '../lib/progress.mjs';
import { startOnOwnPostgres } from './server.mjs';

const DUE = 1_000;
const BURSTS = 3;
const BURST_EVERY_MS = 20_000;
/** Until the first burst: room to write the schedules. */
const AHEAD_MS = 15_000;

/** Deployed by the API once; its copies are written by SQL, since 100,000 deployments are not what is measured. */
const ORIGINAL = `
name: schedules
steps:
  - {id: note, type: set, config: {values: {at: "{{ trigger.scheduled_for }}"}}}
triggers:
  - {type: cron, name: original, config: {cron: "0 0 0 1 1 *"}}
`;

/** 100,000 armed schedules of which 1,000 are due in one second, three times. */
export async function schedules(folder, { schedules: count = '100000' }) {
  const own = await startOnOwnPostgres(folder);
  try {
    const id = await own.server.deploy(ORIGINAL);
    await own.rows(COPY, [id, Number(count) - BURSTS * DUE, null]);
    const first = Math.ceil((Date.now() + AHEAD_MS) / 1000) * 1000;
    const bursts = Array.from({ length: BURSTS }, (_, burst) => first + burst * BURST_EVERY_MS);
    for (const at of bursts) await own.rows(COPY, [id, DUE, new Date(at)]);
    await own.rows('ANALYZE');
    const [{ armed }] = await own.rows(`SELECT count(*)::int AS armed FROM timer`);
    say(`${armed} schedules are armed; ${BURSTS} times ${DUE} are due from ${new Date(first).toISOString()} on`);
    const results = [];
    for (const at of bursts) results.push(await burstOf(own, at));
    const [{ all }] = await own.rows('SELECT count(*)::int AS all FROM execution');
    return summary(results, armed, all);
  } finally {
    await own.stop();
  }
}

function summary(results, armed, executions) {
  const worst = (name) => Math.max(...results.map((result) => result[name]));
  const once =
    executions === BURSTS * DUE &&
    results.every(({ fired, triggers, occurrences }) => [fired, triggers, occurrences].every((n) => n === DUE));
  const late = (figure, name, more) => ({ figure, measured: `${short(worst(name))} ms`, holds: null, ...more });
  return [
    { figure: 'armed schedules', measured: short(armed), holds: null },
    {
      figure: `all ${DUE} fired, each once`,
      measured: once ? 'yes' : JSON.stringify(results),
      target: 'yes',
      holds: once,
    },
    late('execution made after its instant, p50', 'made50'),
    late('execution made after its instant, p99 (worst burst)', 'made99', {
      target: '< 1,000 ms',
      holds: worst('made99') < 1_000,
    }),
    late('execution begun after its instant, p99 (worst burst)', 'begun99', {
      target: '< 1,000 ms',
      holds: worst('begun99') < 1_000,
    }),
    { figure: 'all finished after', measured: `${short(median(results.map((r) => r.all)))} ms`, holds: null },
  ];
}

async function burstOf({ rows, server }, at) {
  const done = async () => (await rows(DONE, [new Date(at)]))[0].done >= DUE;
  await until('the schedules fire', done, { limitMs: 120_000, everyMs: 250, programs: [server] });
  const [result] = await rows(BURST, [new Date(at)]);
  say(`${result.fired} fired, made p99 ${short(result.made99)} ms, begun p99 ${short(result.begun99)} ms late`);
  return result;
}

/**
 * `$2` copies of the original trigger of workflow `$1` with its timer: due at `$3`, each day at that time; or, without
 * `$3`, spread over days from tomorrow on.
 */
const COPY = /* sql */ `
WITH plan AS (
  SELECT gen_random_uuid() AS id, i,
         coalesce($3::timestamptz, date_trunc('day', now()) + interval '2 days' + i * interval '7 seconds') AS due
  FROM generate_series(1, $2::int) AS i),
triggers AS (
  INSERT INTO trigger SELECT (jsonb_populate_record(original, jsonb_build_object(
    'id', plan.id,
    'name', plan.id::text,
    'config', original.config::jsonb || jsonb_build_object('cron', to_char(due AT TIME ZONE 'UTC', 'FMSS FMMI FMHH24') || ' * * *')
  ))).* FROM trigger original, plan WHERE original.workflow_id = $1 AND original.name = 'original' RETURNING id)
INSERT INTO timer SELECT (jsonb_populate_record(timer, jsonb_build_object(
    'id', gen_random_uuid(),
    'subject_id', plan.id,
    'due_at', plan.due,
    'payload', timer.payload::jsonb || jsonb_build_object('instant', (extract(epoch FROM plan.due) * 1000)::bigint)
  ))).* FROM timer, trigger original, plan
WHERE original.workflow_id = $1 AND original.name = 'original' AND timer.subject_id = original.id`;

const DONE = `SELECT count(*)::int AS done FROM execution e JOIN occurrence o ON o.execution_id = e.id
  WHERE o.scheduled_for = $1 AND e.status = 'completed'`;
const LATE = (column) => `extract(epoch FROM ${column} - o.scheduled_for)::float8 * 1000`;
const P = (share, column) => `percentile_cont(${share}) WITHIN GROUP (ORDER BY ${LATE(column)})`;
/** The occurrence's time is that of its transaction's beginning; the start of the execution lies after its commit. */
const BURST = /* sql */ `
SELECT count(e.id)::int AS fired, count(DISTINCT e.trigger_id)::int AS triggers, count(DISTINCT o.id)::int AS occurrences,
       ${P(0.5, 'e.queued_at')} AS made50, ${P(0.99, 'e.queued_at')} AS made99,
       ${P(0.99, 'e.start_time')} AS begun99, max(${LATE('e.end_time')}) AS all
FROM occurrence o LEFT JOIN execution e ON e.id = o.execution_id WHERE o.scheduled_for = $1`;

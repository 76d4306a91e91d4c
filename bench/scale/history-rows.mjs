import { join } from 'node:path';
import { ROOT } from '../lib/paths.mjs';
import { say } from '../lib/progress.mjs';

/** One of them older than the retention. */
export const DAYS = 32;
const WORKFLOWS = 200;
const DAY_MS = 86_400_000;

/**
 * Writes executions and their steps for the last days, as if they had run: 96 % completed, 2 % failed, 1 % timed out,
 * 1 % cancelled, a few workflows with most of them. A day's tables are filled before they get their indexes.
 */
export async function fill({ server, rows, pool }, count) {
  const workflows = [];
  for (let n = 0; n < WORKFLOWS; n++) workflows.push(await server.deploy(WORK(n)));
  const load = (path) => import(join(ROOT, 'dist/src/common', path));
  const [{ PARTITIONED_TABLES }, { idBounds }] = await Promise.all([load('database/partitions.js'), load('ids.js')]);
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const perDay = Math.ceil(count / DAYS);
  for (let back = 0; back < DAYS; back++) {
    // Today's have no later instant than now.
    const day = { from: today - back * DAY_MS, span: back === 0 ? Date.now() - today : DAY_MS };
    await fillDay(pool, day, perDay, workflows, PARTITIONED_TABLES, idBounds);
    say(`${(back + 1) * perDay} of ${perDay * DAYS} executions`);
  }
  await addUpStatistics({ server, rows });
  await rows('ANALYZE execution');
  await rows('ANALYZE step_execution');
  return { executions: perDay * DAYS, workflows, today };
}

/** As the migration does for a server that is upgraded; then the server's own chore adds up. */
async function addUpStatistics({ rows }) {
  const { NOTE_HISTORY } = await import(join(ROOT, 'dist/migrations/0040-statistics.js'));
  await rows(NOTE_HISTORY);
  for (let left = 1; left > 0;) {
    await new Promise((next) => setTimeout(next, 1_000));
    [{ left }] = await rows('SELECT count(*)::int AS left FROM statistics_note');
  }
}

const WORK = (n) => `
name: history ${n}
steps:
  - {id: first, type: set, config: {values: {amount: 1}}}
  - {id: check, type: condition, config: {expression: steps.first.output.amount > 100}}
  - {id: last, type: set, config: {values: {size: big}}}
triggers:
  - {type: webhook, config: {path: /history-${n}}}
`;

async function fillDay(pool, { from, span }, count, workflows, tables, idBounds) {
  const client = await pool.connect();
  const name = (table) => `${table}_p${new Date(from).toISOString().slice(0, 10).replaceAll('-', '')}`;
  try {
    await client.query('BEGIN');
    for (const table of tables) {
      await client.query(`DROP TABLE IF EXISTS ${name(table)}`);
      await client.query(
        `CREATE TABLE ${name(table)} (LIKE ${table} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE)`,
      );
    }
    await client.query(EXECUTIONS(name('execution')), [from, span, count, workflows]);
    await client.query(STEPS(name('step_execution'), name('execution')));
    for (const table of tables) {
      const bounds = [from, from + DAY_MS].map((at) => idBounds(at).lowest);
      await client.query(
        `ALTER TABLE ${table} ATTACH PARTITION ${name(table)} FOR VALUES FROM ('${bounds[0]}') TO ('${bounds[1]}')`,
      );
    }
    await client.query('COMMIT');
    await client.query(`VACUUM ${name('execution')}, ${name('step_execution')}`);
  } finally {
    client.release();
  }
}

/** An id of a millisecond; `tail`: 18 hexadecimal digits. */
const ID = (ms, tail) =>
  `(lpad(to_hex(${ms}), 12, '0') || '7' || substr(${tail}, 1, 3) || 'a' || substr(${tail}, 4, 15))::uuid`;

/** `$1` the day's first millisecond, `$2` its length, `$3` how many, `$4` workflows. The square prefers the first ones. */
const EXECUTIONS = (table) => /* sql */ `
INSERT INTO ${table} (id, workflow_id, version, status, epoch, queued_at, start_time, end_time, trigger_type, input, output, error)
SELECT ${ID('ms', 'tail')}, ($4::uuid[])[1 + floor(power(random(), 2) * array_length($4::uuid[], 1))::int], 1, status, 1,
       at, at + interval '2 ms', at + interval '2 ms' + length * interval '1 ms',
       (ARRAY['webhook', 'cron', 'manual'])[1 + i % 3], json_build_object('n', i, 'amount', i % 200),
       CASE WHEN status = 'completed' THEN '{"size": "big"}'::json END,
       CASE WHEN status <> 'completed' THEN json_build_object(
         'code', CASE status WHEN 'failed' THEN (ARRAY['http_503', 'network_error', 'assertion'])[1 + i % 3] WHEN 'timed_out' THEN 'timeout' ELSE status END,
         'message', 'The step failed, for order ' || i, 'step_path', 'last') END
FROM (
  SELECT i, ms, to_timestamp(ms / 1000.0) AS at, md5(i::text) AS tail, 5 + random() * 200 AS length,
         CASE WHEN i % 100 < 96 THEN 'completed' WHEN i % 100 < 98 THEN 'failed' WHEN i % 100 < 99 THEN 'timed_out' ELSE 'cancelled' END AS status
  FROM (SELECT i, $1::bigint + ($2::bigint * (i - 1) / $3::int) AS ms FROM generate_series(1, $3::int) AS i) AS times
) AS made`;

const STEPS = (table, executions) => /* sql */ `
INSERT INTO ${table} (id, execution_id, step_id, step_path, type, status, output, first_started_at, started_at, finished_at)
SELECT (substr(e.id::text, 1, 14) || '7' || lpad(s.n::text, 3, '0') || substr(e.id::text, 19))::uuid, e.id, s.step, s.step, s.type,
       CASE WHEN s.n = 3 AND e.status <> 'completed' THEN e.status ELSE 'completed' END,
       '{"amount": 1}'::json, e.start_time, e.start_time, e.end_time
FROM ${executions} e,
     (VALUES (1, 'first', 'set'), (2, 'check', 'condition'), (3, 'last', 'set')) AS s(n, step, type)`;

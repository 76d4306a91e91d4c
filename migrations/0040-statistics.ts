import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Statistics over time. Whatever ends leaves a note in the transaction that ends it, in a table without an index; a chore
 * adds the notes up by minute, hour and day. What had ended before is added up here, by the hour, without its steps.
 */
export class Statistics0000000000040 implements MigrationInterface {
  name = 'Statistics0000000000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(NOTE_HISTORY);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE statistics, statistics_note');
  }
}

const TABLES = /* sql */ `
CREATE TABLE statistics (
  -- all zeros: the sum over all workflows
  workflow_id uuid NOT NULL,
  -- 'minute', 'hour', 'day'; by when executions were accepted
  unit        text NOT NULL,
  at          timestamptz NOT NULL,
  tally       json NOT NULL,
  PRIMARY KEY (workflow_id, unit, at)
) WITH (fillfactor = 70);
CREATE INDEX statistics_age ON statistics (unit, at);

-- Not added up yet: [{workflow_id, at, tally}]. Emptied every few seconds, so that reading all of it is quick.
CREATE TABLE statistics_note (
  notes json NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`;

/** The number of a duration's bucket, as common/statistics/histogram.ts has it. */
const bucket = (ms: string): string => `CASE WHEN ${ms} < 64 THEN ${ms}
  ELSE (floor(log(2, ${ms}::numeric))::int - 5) * 32 + (${ms} / (2 ^ (floor(log(2, ${ms}::numeric))::int - 5))::bigint) END`;

const MS = '(extract(epoch FROM end_time - start_time) * 1000)::bigint';
const WAIT = '(extract(epoch FROM start_time - queued_at) * 1000)::bigint';

/** A histogram of one column, by workflow and hour. */
const histogram = (column: string): string => /* sql */ `
  SELECT workflow_id, at, json_object_agg(bucket, n) AS counts, sum(total)::bigint AS total FROM (
    SELECT workflow_id, at, ${bucket(column)} AS bucket, count(*) AS n, sum(${column}) AS total
    FROM ended WHERE ${column} IS NOT NULL GROUP BY 1, 2, 3) b GROUP BY 1, 2`;

/** Also for whoever writes executions by hand: the benchmark of a large history. */
export const NOTE_HISTORY = /* sql */ `
WITH ended AS MATERIALIZED (
  SELECT workflow_id, status, attempt, error->>'code' AS code,
    floor(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 3600000) * 3600000 AS at,
    CASE WHEN ${MS} > 0 THEN ${MS} WHEN start_time IS NOT NULL THEN 0 END AS ms, CASE WHEN queued_at <= start_time THEN ${WAIT} END AS wait
  FROM execution WHERE NOT is_open AND pass IS NULL AND trigger_type <> 'test'),
hours AS (
  SELECT workflow_id, at,
    count(*) FILTER (WHERE attempt > 1) AS retried,
    count(*) FILTER (WHERE attempt > 1 AND status = 'completed') AS retry_completed
  FROM ended GROUP BY 1, 2),
statuses AS (
  SELECT workflow_id, at, json_object_agg(status, n) AS counts
  FROM (SELECT workflow_id, at, status, count(*) AS n FROM ended GROUP BY 1, 2, 3) s GROUP BY 1, 2),
errors AS (
  SELECT workflow_id, at, json_object_agg(code, n) AS counts
  FROM (SELECT workflow_id, at, coalesce(code, 'other') AS code, count(*) AS n FROM ended
    WHERE status IN ('failed', 'timed_out') GROUP BY 1, 2, 3) e GROUP BY 1, 2),
durations AS (${histogram('ms')}),
waits AS (${histogram('wait')})
INSERT INTO statistics_note (notes)
SELECT json_build_array(json_build_object('workflow_id', h.workflow_id, 'at', h.at, 'tally', json_build_object(
  'statuses', s.counts, 'duration_ms', coalesce(d.total, 0), 'durations', coalesce(d.counts, '{}'),
  'wait_ms', coalesce(w.total, 0), 'waits', coalesce(w.counts, '{}'),
  'retried', h.retried, 'retry_completed', h.retry_completed,
  'errors', coalesce(e.counts, '{}'), 'steps', json_build_object())))
FROM hours h JOIN statuses s USING (workflow_id, at)
LEFT JOIN durations d USING (workflow_id, at) LEFT JOIN waits w USING (workflow_id, at)
LEFT JOIN errors e USING (workflow_id, at)`;

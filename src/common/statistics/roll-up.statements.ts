/** The sum over all workflows. */
export const ALL_WORKFLOWS = '00000000-0000-0000-0000-000000000000';

/** Whoever adds up holds this until its commit. */
export const TRY_LOCK = /* sql */ `SELECT pg_try_advisory_xact_lock($1) AS mine`;

/** Takes notes away; a table of a few seconds, so no index is needed. */
export const TAKE_NOTES = /* sql */ `
DELETE FROM statistics_note WHERE ctid = ANY (ARRAY(SELECT ctid FROM statistics_note LIMIT $1 FOR UPDATE SKIP LOCKED))
RETURNING notes`;

/** Index: the primary key. */
export const READ_TALLIES = /* sql */ `
SELECT s.workflow_id, s.unit, s.at, s.tally FROM statistics s
JOIN unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS i(workflow_id, unit, at)
  ON s.workflow_id = i.workflow_id AND s.unit = i.unit AND s.at = i.at`;

export const WRITE_TALLIES = /* sql */ `
INSERT INTO statistics (workflow_id, unit, at, tally)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::json[])
ON CONFLICT (workflow_id, unit, at) DO UPDATE SET tally = excluded.tally`;

/** Index: statistics_age. */
export const REMOVE_OLD = /* sql */ `DELETE FROM statistics WHERE unit = $1 AND at < now() - $2 * interval '1 millisecond'`;

/** Milliseconds inside an id. */
const ID_TIME = `('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint`;

/**
 * What is added up, what is only noted, and what is still open: in one statement, so that all three are of one moment.
 * `$1` workflows, or the one id that stands for all · `$2` `$3` `$4` spans · `$5` `$6` ids · `$7` milliseconds of a bucket.
 * Indexes: the primary key; execution_open.
 */
export const READ = /* sql */ `
SELECT s.at, s.tally, NULL::json AS notes, NULL::bigint AS bucket, NULL::int AS open
FROM unnest($2::text[], $3::timestamptz[], $4::timestamptz[]) AS span(unit, first, last)
JOIN statistics s ON s.workflow_id = ANY($1::uuid[]) AND s.unit = span.unit AND s.at >= span.first AND s.at < span.last
UNION ALL
SELECT NULL, NULL, notes, NULL, NULL FROM statistics_note
UNION ALL
SELECT NULL, NULL, NULL, floor(${ID_TIME} / $7::numeric)::bigint * $7::bigint AS bucket, count(*)::int
FROM execution
WHERE is_open AND id >= $5 AND id < $6 AND pass IS NULL AND trigger_type <> 'test'
  AND ('${ALL_WORKFLOWS}' = ANY($1::uuid[]) OR workflow_id = ANY($1::uuid[]))
GROUP BY 4`;

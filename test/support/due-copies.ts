/** SQL: `$2` copies of the schedule `$1`, armed and all due in this very second. */
export const DUE_COPIES = /* sql */ `
WITH copies AS (
  INSERT INTO trigger (id, workflow_id, type, name, origin, config, is_enabled, armed_at, version)
  SELECT gen_random_uuid(), workflow_id, type, 'copy ' || n, 'api', config, true, now(), version
  FROM trigger, generate_series(1, $2::int) AS n WHERE id = $1 RETURNING id)
INSERT INTO timer (id, kind, subject_id, key, due_at, payload)
SELECT gen_random_uuid(), 'trigger', copies.id, '', date_trunc('second', now()),
  json_build_object('instant', (extract(epoch FROM date_trunc('second', now())) * 1000)::bigint)
FROM copies`;

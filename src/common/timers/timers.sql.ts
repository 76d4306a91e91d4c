/** Sets or moves timers, each due at a time or after a delay. Index: the unique key (kind, subject_id, key). */
export const SET_TIMERS = /* sql */ `
INSERT INTO timer (id, kind, subject_id, key, due_at, payload)
SELECT t.id, t.kind, t.subject_id, t.key,
  coalesce(t.due_at, now() + t.after_ms * interval '1 millisecond'), t.payload::json
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::timestamptz[], $6::float8[], $7::text[])
  AS t(id, kind, subject_id, key, due_at, after_ms, payload)
ORDER BY t.kind, t.subject_id, t.key
ON CONFLICT (kind, subject_id, key)
DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload, failures = 0, last_error = NULL`;

export const CANCEL_TIMERS = /* sql */ `
DELETE FROM timer WHERE kind = $1 AND subject_id = ANY($2::uuid[]) AND ($3::text IS NULL OR key = $3)`;

/** Waits for nobody. Index: the unique key (kind, subject_id, key). */
export const DROP_TIMERS = /* sql */ `
DELETE FROM timer WHERE id = ANY(ARRAY(
  SELECT id FROM timer WHERE kind = $1 AND subject_id = ANY($2::uuid[]) FOR UPDATE SKIP LOCKED))`;

/** Takes due timers of the kinds that this process handles. Index: timer_due. */
export const CLAIM_DUE = /* sql */ `
DELETE FROM timer
WHERE id = ANY(ARRAY(
  SELECT id FROM timer
  WHERE due_at <= now() AND kind = ANY($1::text[])
  ORDER BY due_at
  LIMIT $2
  FOR UPDATE SKIP LOCKED))
RETURNING id, kind, subject_id, key, due_at, payload, failures, now() AS now`;

/** The same for one timer, after its batch has failed. */
export const CLAIM_ONE = /* sql */ `
DELETE FROM timer
WHERE id = ANY(ARRAY(SELECT id FROM timer WHERE id = $1 AND due_at <= now() FOR UPDATE SKIP LOCKED))
RETURNING id, kind, subject_id, key, due_at, payload, failures, now() AS now`;

/** A timer whose handler fails alone stays, and comes back later. */
export const POSTPONE = /* sql */ `
UPDATE timer
SET failures = failures + 1, last_error = $2,
    due_at = now() + least(interval '5 minutes', interval '1 second' * power(2, least(failures, 9)))
WHERE id = $1`;

/** Milliseconds until the next timer is due, by the database's clock; null without one. Index: timer_due. */
export const UNTIL_NEXT = /* sql */ `
SELECT extract(epoch FROM min(due_at) - now()) * 1000 AS wait_ms FROM timer WHERE kind = ANY($1::text[])`;

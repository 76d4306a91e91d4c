/** Index: workflow's primary key; counters by theirs (workflow_id, slot). */
export const WORKFLOW_WITH_COUNTS = /* sql */ `
SELECT w.id, w.slug, w.name, w.description, w.status, w.version, w.deployed_version, w.revision, w.tags, w.owner_id, w.is_template,
       w.created_at, w.updated_at, v.definition,
       c.executions, c.completed, c.failed, c.last_executed, c.last_status
FROM workflow w
JOIN workflow_version v ON v.workflow_id = w.id AND v.version = w.version
CROSS JOIN LATERAL (
  SELECT coalesce(sum(completed + failed + timed_out + cancelled), 0)::float8 AS executions,
         coalesce(sum(completed), 0)::float8 AS completed,
         coalesce(sum(failed + timed_out), 0)::float8 AS failed,
         max(last_executed) AS last_executed,
         (array_agg(last_status ORDER BY last_executed DESC NULLS LAST))[1] AS last_status
  FROM workflow_counter WHERE workflow_id = w.id
) c`;

/** Index: workflow's primary key, backwards. `$1` is the cursor; a null parameter filters nothing. */
export const LIST_WORKFLOWS = /* sql */ `
${WORKFLOW_WITH_COUNTS}
WHERE ($1::uuid IS NULL OR w.id < $1)
  AND ($2::text IS NULL OR w.owner_id = $2)
  AND ($3::text[] IS NULL OR w.status = ANY ($3))
  AND ($4::text[] IS NULL OR w.tags @> $4)
  AND ($5::text IS NULL OR w.name ILIKE $5 OR w.slug ILIKE $5 OR w.description ILIKE $5)
  AND ($6::boolean IS NULL OR w.is_template = $6)
ORDER BY w.id DESC
LIMIT $7`;

export const INSERT_WORKFLOW = /* sql */ `
INSERT INTO workflow (id, slug, name, description, version, tags, owner_id, is_template)
VALUES ($1, $2, $3, $4, 1, $5, $6, $7)
ON CONFLICT (slug) DO NOTHING`;

export const INSERT_VERSION = /* sql */ `
INSERT INTO workflow_version (workflow_id, version, definition, source, checksum, created_by)
VALUES ($1, $2, $3, $4, $5, $6)`;

/** The same definition in other words: its comments, its layout. */
export const UPDATE_SOURCE = /* sql */ `
UPDATE workflow_version SET source = $3 WHERE workflow_id = $1 AND version = $2 AND source IS DISTINCT FROM $3`;

export const UPDATE_WORKFLOW = /* sql */ `
UPDATE workflow
SET slug = $2, name = $3, description = $4, version = $5, tags = $6, owner_id = $7, is_template = $8, status = $9,
    revision = revision + 1, updated_at = now()
WHERE id = $1`;

/** Guarded by the states it may leave. */
export const MOVE_STATUS = /* sql */ `
UPDATE workflow SET status = $2, revision = revision + 1, updated_at = now()
WHERE id = $1 AND status = ANY ($3)`;

/** Held against concurrent writers, and against a deployment that is being inserted (its foreign key). */
export const LOCK_WORKFLOW = /* sql */ `SELECT FROM workflow WHERE id = $1 FOR UPDATE`;

/**
 * Of one that is locked. Not in one statement with the lock: that would join the version which was the latest before it
 * waited, and find no row when there is a newer one.
 */
export const LOCKED_WORKFLOW = /* sql */ `
SELECT w.id, w.slug, w.name, w.description, w.status, w.version, w.deployed_version, w.revision, w.tags, w.owner_id, w.is_template,
       v.definition, v.checksum
FROM workflow w JOIN workflow_version v ON v.workflow_id = w.id AND v.version = w.version
WHERE w.id = $1`;

/** Held against who holds it by LOCK_WORKFLOW, and beside others who keep it. */
export const KEEP_WORKFLOW = /* sql */ `SELECT status FROM workflow WHERE id = $1 FOR KEY SHARE`;

export const LIST_VERSIONS = /* sql */ `
SELECT workflow_id, version, checksum, created_by, created_at
FROM workflow_version
WHERE workflow_id = $1 AND ($2::integer IS NULL OR version < $2)
ORDER BY version DESC
LIMIT $3`;

export const FIND_VERSION = /* sql */ `
SELECT v.workflow_id, w.slug, w.owner_id, v.version, v.definition, v.source, v.checksum, v.created_by, v.created_at
FROM workflow_version v JOIN workflow w ON w.id = v.workflow_id
WHERE v.workflow_id = $1 AND v.version = $2`;

/** Index: execution_open (few rows are open). */
export const WORKFLOW_IN_USE = /* sql */ `
SELECT (SELECT deployed_version IS NOT NULL FROM workflow WHERE id = $1) AS deployed,
       EXISTS (SELECT 1 FROM execution WHERE workflow_id = $1 AND is_open) AS busy`;

/** No change of the revision: what people edit stays as it is. */
export const SET_DEPLOYED_VERSION = /* sql */ `UPDATE workflow SET deployed_version = $2 WHERE id = $1`;

/** Index: workflow_owner. */
export const IDS_OF_OWNER = /* sql */ `SELECT id FROM workflow WHERE owner_id = $1`;

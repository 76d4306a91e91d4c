const COLUMNS =
  't.id, t.name, v.version, v.description, v.parameters, v.steps, v.created_by, t.created_at, v.created_at AS updated_at';
const LATEST = `SELECT ${COLUMNS} FROM node_template t JOIN node_template_version v ON v.template_id = t.id`;

/** Index: the unique name. */
export const LIST_TEMPLATES = /* sql */ `
${LATEST} AND v.version = t.version
WHERE ($1::text IS NULL OR t.name > $1) AND ($2::text IS NULL OR t.name ILIKE $2 OR v.description ILIKE $2)
ORDER BY t.name LIMIT $3`;
/** By id or name; $3 null: the latest. */
export const FIND_TEMPLATE = /* sql */ `
${LATEST} AND v.version = coalesce($3, t.version) WHERE t.id = $1 OR t.name = $2`;
export const LIST_VERSIONS = /* sql */ `
${LATEST} WHERE t.id = $1 AND ($2::int IS NULL OR v.version < $2) ORDER BY v.version DESC LIMIT $3`;
export const FIND_REFERENCED = /* sql */ `
SELECT t.name, t.version AS latest, v.version, v.parameters, v.steps
FROM node_template t
LEFT JOIN node_template_version v ON v.template_id = t.id AND (t.name, v.version) IN (SELECT * FROM unnest($1::text[], $2::int[]))
WHERE t.name = ANY ($1::text[])`;

export const INSERT_TEMPLATE = /* sql */ `INSERT INTO node_template (id, name, version) VALUES ($1, $2, $3)`;
export const INSERT_VERSION = /* sql */ `
INSERT INTO node_template_version (template_id, version, description, parameters, steps, created_by)
VALUES ($1, $2, $3, $4, $5, $6)`;
export const LOCK_TEMPLATE = /* sql */ `SELECT version FROM node_template WHERE id = $1 FOR UPDATE`;
export const MOVE_LATEST = /* sql */ `UPDATE node_template SET version = $2, updated_at = now() WHERE id = $1`;
export const DELETE_TEMPLATE = /* sql */ `DELETE FROM node_template WHERE id = $1`;

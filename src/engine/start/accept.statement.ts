import type { PoolClient } from 'pg';
import type { BatchStatement } from '../../common/database/group-commit.js';
import { selectSql, toJson, unnestSql, unnestValues, type Column } from '../../common/database/unnest.js';
import { together } from '../../common/database/together.js';
import { BESIDE_SLOT, countEnded } from '../run/counters.js';
import { ENDED_COLUMNS, type EndedRow } from '../run/ended.row.js';
import { addFilesWithin, type PreparedFile } from '../files/accepted-files.js';
import { admit, type Admission } from '../concurrency/admission.js';
import type { Place } from '../concurrency/place.js';
import type { ParentLink } from '../children/parent-link.js';
import type { ExecutionRequest, OccurrenceRecord, StartRequest, StartResult } from '../engine.contract.js';

/** A start request with the ids and limits that it will have. */
export interface AcceptRow {
  readonly request: StartRequest;
  /** null when nothing starts. */
  readonly executionId: string | null;
  readonly timeoutMs: number | null;
  /** The replica that awaits the end. */
  readonly awaitedBy: string | null;
  /** null: its workflow has no `concurrency`. */
  readonly place: Place | null;
  /** undefined: none. */
  readonly files?: readonly PreparedFile[];
  /** null: started by nobody's step. */
  readonly parent: ParentLink | null;
  /** Of the span that it was started in; null: no traces. */
  readonly traceParent: string | null;
  /** The replica that claims it by this very statement. Default: none, it goes to the queue. */
  readonly owner?: string | null;
}

export interface AcceptResult extends StartResult {
  /** When it was claimed, by the database's time; null when an earlier try of this accept has done it. */
  readonly claimedAt?: Date | null;
}

const LIMIT_REACHED = "As many executions as the workflow's concurrency allows are open.";
const CONCURRENCY_REASON = { code: 'concurrency', detail: LIMIT_REACHED };

/** Keys that have expired make room. Index: the primary key. */
const EXPIRE_KEYS = /* sql */ `
DELETE FROM occurrence_key k USING unnest($1::uuid[], $2::text[]) AS i(trigger_id, dedup_key)
WHERE k.trigger_id = i.trigger_id AND k.dedup_key = i.dedup_key AND k.expires_at <= now()`;

/** Whoever inserts first wins every race. Sorted, so that two replicas cannot lock each other out. */
const TAKE_KEYS = /* sql */ `
INSERT INTO occurrence_key (trigger_id, dedup_key, occurrence_id, execution_id, expires_at)
SELECT DISTINCT ON (i.trigger_id, i.dedup_key)
  i.trigger_id, i.dedup_key, i.occurrence_id, i.execution_id, now() + i.ttl_ms * interval '1 millisecond'
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::float8[])
  WITH ORDINALITY AS i(trigger_id, dedup_key, occurrence_id, execution_id, ttl_ms, place)
ORDER BY i.trigger_id, i.dedup_key, i.place
ON CONFLICT (trigger_id, dedup_key) DO NOTHING`;

const READ_KEYS = /* sql */ `
SELECT k.trigger_id, k.dedup_key, k.occurrence_id, k.execution_id
FROM occurrence_key k JOIN unnest($1::uuid[], $2::text[]) AS i(trigger_id, dedup_key)
  ON k.trigger_id = i.trigger_id AND k.dedup_key = i.dedup_key`;

interface KeyRow {
  trigger_id: string;
  dedup_key: string;
  occurrence_id: string | null;
  execution_id: string | null;
}

/** What is skipped takes no key: it may be tried again. */
const RELEASE_KEYS = /* sql */ `
DELETE FROM occurrence_key k USING unnest($1::uuid[], $2::text[], $3::uuid[]) AS i(trigger_id, dedup_key, execution_id)
WHERE k.trigger_id = i.trigger_id AND k.dedup_key = i.dedup_key AND k.execution_id = i.execution_id`;

/** What a key turned out to point to, when it was somebody else's. */
type Duplicate = Pick<KeyRow, 'occurrence_id' | 'execution_id'>;

interface OccurrenceRow {
  readonly occurrence: OccurrenceRecord;
  readonly key: string | null;
  readonly executionId: string | null;
  readonly duplicateOf: Duplicate | null;
  readonly isSkipped: boolean;
}

const outcomeOf = (row: OccurrenceRow): string => {
  if (row.duplicateOf !== null) return 'duplicate';
  return row.isSkipped ? 'skipped' : row.occurrence.outcome;
};

const reasonOf = (row: OccurrenceRow): OccurrenceRecord['reason'] => {
  if (row.duplicateOf !== null) return { code: 'duplicate_of', detail: firstOf(row.duplicateOf) };
  return row.isSkipped ? CONCURRENCY_REASON : row.occurrence.reason;
};

const payloadOf = ({ occurrence, duplicateOf, isSkipped }: OccurrenceRow): unknown =>
  duplicateOf === null && !isSkipped ? occurrence.payload : (occurrence.unstartedPayload?.() ?? occurrence.payload);

const OCCURRENCE_COLUMNS: readonly Column<OccurrenceRow>[] = [
  { name: 'id', type: 'uuid', value: ({ occurrence }) => occurrence.id },
  { name: 'trigger_id', type: 'uuid', value: ({ occurrence }) => occurrence.triggerId },
  { name: 'workflow_id', type: 'uuid', value: ({ occurrence }) => occurrence.workflowId },
  { name: 'occurred_at', type: 'timestamptz', value: ({ occurrence }) => occurrence.occurredAt },
  { name: 'scheduled_for', type: 'timestamptz', value: ({ occurrence }) => occurrence.scheduledFor },
  { name: 'dedup_key', type: 'text', value: ({ key }) => key },
  { name: 'outcome', type: 'text', value: outcomeOf },
  { name: 'reason_code', type: 'text', value: (row) => reasonOf(row)?.code },
  // What a payload holds may stand in it, and PostgreSQL's text holds no NUL.
  { name: 'reason_detail', type: 'text', value: (row) => reasonOf(row)?.detail.replaceAll('\0', '\uFFFD') },
  {
    name: 'execution_id',
    type: 'uuid',
    value: (row) => row.duplicateOf?.execution_id ?? (row.isSkipped ? null : row.executionId),
  },
  { name: 'payload', type: 'json', value: (row) => toJson(payloadOf(row)) },
  { name: 'replay_of', type: 'uuid', value: ({ occurrence }) => occurrence.replayOf },
];

interface ExecutionRow {
  readonly id: string;
  readonly execution: ExecutionRequest;
  readonly occurrenceId: string | null;
  readonly timeoutMs: number | null;
  readonly awaitedBy: string | null;
  readonly owner: string | null;
}

const EXECUTION_COLUMNS: readonly Column<ExecutionRow>[] = [
  { name: 'id', type: 'uuid', value: ({ id }) => id },
  { name: 'workflow_id', type: 'uuid', value: ({ execution }) => execution.workflowId },
  { name: 'version', type: 'integer', value: ({ execution }) => execution.version },
  { name: 'priority', type: 'smallint', value: ({ execution }) => execution.priority },
  { name: 'trigger_id', type: 'uuid', value: ({ execution }) => execution.triggerId },
  { name: 'trigger_type', type: 'text', value: ({ execution }) => execution.triggerType },
  { name: 'trigger', type: 'json', value: ({ execution }) => toJson(execution.trigger) },
  { name: 'occurrence_id', type: 'uuid', value: ({ occurrenceId }) => occurrenceId },
  { name: 'input', type: 'json', value: ({ execution }) => toJson(execution.input) },
  { name: 'variables', type: 'json', value: ({ execution }) => toJson(execution.variables) },
  { name: 'created_by', type: 'text', value: ({ execution }) => execution.createdBy },
  { name: 'timeout_ms', type: 'bigint', value: ({ timeoutMs }) => timeoutMs },
  { name: 'awaited_by', type: 'uuid', value: ({ awaitedBy }) => awaitedBy },
  { name: 'owner', type: 'uuid', value: ({ owner }) => owner },
];

/** What a claim sets; see claim.statement.ts. */
const CLAIMED_COLUMNS = `status, epoch, start_time, deadline_at`;
const CLAIMED_VALUES = /* sql */ `
CASE WHEN i.owner IS NULL THEN 'queued' ELSE 'running' END, CASE WHEN i.owner IS NULL THEN 0 ELSE 1 END,
CASE WHEN i.owner IS NOT NULL THEN now() END,
CASE WHEN i.owner IS NOT NULL THEN now() + i.timeout_ms * interval '1 millisecond' END`;

/** An execution under a `concurrency` rule, with a parent, in a trace, or of a test run. */
interface SpecialRow extends ExecutionRow {
  readonly place: Place | null;
  readonly admission: Admission | undefined;
  readonly parent: ParentLink | null;
  readonly traceParent: string | null;
}

const SPECIAL_COLUMNS: readonly Column<SpecialRow>[] = [
  ...EXECUTION_COLUMNS,
  { name: 'concurrency_key', type: 'text', value: ({ place }) => place?.key },
  { name: 'concurrency_limit', type: 'integer', value: ({ place }) => place?.limit },
  { name: 'has_place', type: 'boolean', value: ({ admission }) => admission === 'given' },
  { name: 'supersedes', type: 'boolean', value: ({ place }) => place?.onLimit === 'cancel_running' },
  { name: 'parent_id', type: 'uuid', value: ({ parent }) => parent?.executionId },
  { name: 'parent_step_id', type: 'uuid', value: ({ parent }) => parent?.stepExecutionId },
  { name: 'parent_attempt', type: 'integer', value: ({ parent }) => parent?.attempt },
  { name: 'is_detached', type: 'boolean', value: ({ parent }) => parent?.isDetached ?? false },
  { name: 'depth', type: 'smallint', value: ({ parent }) => parent?.depth ?? 0 },
  { name: 'pass', type: 'integer', value: ({ parent }) => parent?.pass?.position },
  { name: 'pass_names', type: 'json', value: ({ parent }) => toJson(parent?.pass?.names) },
  { name: 'mocks', type: 'json', value: ({ execution }) => toJson(execution.mocks) },
  { name: 'trace_parent', type: 'text', value: ({ traceParent }) => traceParent },
];

const insertSql = <Row>(table: string, columns: readonly Column<Row>[]): string => /* sql */ `
INSERT INTO ${table} (${columns.map((column) => column.name).join(', ')})
SELECT ${selectSql('i', columns)} FROM ${unnestSql('i', columns)}
ON CONFLICT (id) DO NOTHING`;

// Prepared, as all that each execution costs and that inserts: parsing and planning take longer than a few rows. A plan for
// every value would lock each partition of a table that is updated, so updates are planned anew.
const INSERT_OCCURRENCES = { name: 'occurrences', text: insertSql('occurrence', OCCURRENCE_COLUMNS) };
const INSERT_EXECUTIONS = {
  name: 'executions',
  text: /* sql */ `
INSERT INTO execution (${EXECUTION_COLUMNS.map((column) => column.name).join(', ')}, ${CLAIMED_COLUMNS})
SELECT ${selectSql('i', EXECUTION_COLUMNS)}, ${CLAIMED_VALUES} FROM ${unnestSql('i', EXECUTION_COLUMNS)}
ON CONFLICT (id) DO NOTHING
RETURNING id, start_time`,
};
const INSERT_SPECIAL = insertSql('execution', SPECIAL_COLUMNS);

/** Index: the primary key. Gives no row for one that an earlier try of this accept has ended. */
const FAIL = /* sql */ `
UPDATE execution SET status = 'failed', end_time = now(),
  error = json_build_object('code', 'concurrency_limit', 'message', $2::text, 'step_path', NULL)
WHERE id = ANY($1::uuid[]) AND status = 'queued'
RETURNING ${ENDED_COLUMNS}, 0 AS duration_ms`;

/** Records occurrences and executions, and lets keys decide which of them are duplicates. */
export const acceptStatement: BatchStatement<AcceptRow, AcceptResult> = {
  name: 'accept',
  order: 30,
  patienceMs: 10_000,
  // New rows under new ids: only keys, places and counters are another's too.
  neverWaits: (row) => row.request.key === null && row.files === undefined && isPlain(row),
  run: (client, rows) => accept(client, rows),
};

export async function accept(client: PoolClient, rows: readonly AcceptRow[]): Promise<AcceptResult[]> {
  const duplicates = await takeKeys(client, rows);
  const admissions = await admitRuled(client, rows, duplicates);
  const isSkipped = (row: AcceptRow): boolean => admissions.get(row.executionId ?? '') === 'skipped';
  await releaseKeys(client, rows.filter(isSkipped));
  const [claims] = await together([
    insertExecutions(client, rows, duplicates, admissions),
    insertOccurrences(client, rows, duplicates, isSkipped),
  ]);
  for (const row of rows) {
    if (row.files !== undefined && !duplicates.has(row) && !isSkipped(row)) await addFilesWithin(client, row.files);
  }
  return rows.map((row) => {
    const result = toResult(row, duplicates.get(row), admissions.get(row.executionId ?? ''));
    return claimsAtOnce(row) ? { ...result, claimedAt: claims.get(row.executionId ?? '') ?? null } : result;
  });
}

const claimsAtOnce = (row: AcceptRow): boolean => (row.owner ?? null) !== null && isPlain(row);

/** Under no `concurrency` rule, nobody's child, in no trace, no test run: only such a one can be claimed while it is accepted. */
export function isPlain({ place, parent, traceParent, request }: AcceptRow): boolean {
  return place === null && parent === null && traceParent === null && request.execution?.mocks === undefined;
}

type Admissions = ReadonlyMap<string, Admission>;

/** By execution; empty, and without a query, when no workflow of these has a rule. */
async function admitRuled(
  client: PoolClient,
  rows: readonly AcceptRow[],
  duplicates: ReadonlyMap<AcceptRow, Duplicate>,
): Promise<Admissions> {
  const applicants = rows.flatMap((row) =>
    row.place === null || row.executionId === null || duplicates.has(row)
      ? []
      : [{ executionId: row.executionId, place: row.place }],
  );
  return applicants.length === 0 ? new Map() : await admit(client, applicants);
}

async function releaseKeys(client: PoolClient, rows: readonly AcceptRow[]): Promise<void> {
  const keyed = rows.flatMap(({ request, executionId }) =>
    request.key === null ? [] : [{ ...request.key, executionId }],
  );
  if (keyed.length === 0) return;
  const values = [keyed.map(({ scope }) => scope), keyed.map(({ key }) => key), keyed.map((row) => row.executionId)];
  await client.query(RELEASE_KEYS, values);
}

async function takeKeys(client: PoolClient, rows: readonly AcceptRow[]): Promise<Map<AcceptRow, Duplicate>> {
  const keyed = rows.flatMap((row) => (row.request.key === null ? [] : [{ row, key: row.request.key }]));
  if (keyed.length === 0) return new Map();
  const scopes = keyed.map(({ key }) => key.scope);
  const keys = keyed.map(({ key }) => key.key);
  await client.query(EXPIRE_KEYS, [scopes, keys]);
  const occurrences = keyed.map(({ row }) => row.request.occurrence?.id ?? null);
  const executions = keyed.map(({ row }) => row.executionId);
  const ttls = keyed.map(({ key }) => key.ttlMs);
  const taken = await client.query(TAKE_KEYS, [scopes, keys, occurrences, executions, ttls]);
  if (taken.rowCount === keyed.length) return new Map();
  const { rows: holders } = await client.query<KeyRow>(READ_KEYS, [scopes, keys]);
  const byKey = new Map(holders.map((holder) => [`${holder.trigger_id} ${holder.dedup_key}`, holder]));
  const duplicates = new Map<AcceptRow, Duplicate>();
  for (const { row, key } of keyed) {
    const holder = byKey.get(`${key.scope} ${key.key}`);
    if (holder !== undefined && !isOwn(row, holder)) duplicates.set(row, holder);
  }
  return duplicates;
}

/** Also when a flush is tried again whose commit had come through unseen. */
function isOwn(row: AcceptRow, holder: KeyRow): boolean {
  if (row.executionId !== null) return holder.execution_id === row.executionId;
  return holder.occurrence_id === (row.request.occurrence?.id ?? null);
}

async function insertOccurrences(
  client: PoolClient,
  rows: readonly AcceptRow[],
  duplicates: ReadonlyMap<AcceptRow, Duplicate>,
  isSkipped: (row: AcceptRow) => boolean,
): Promise<void> {
  const occurrences = rows.flatMap((row): OccurrenceRow[] => {
    const { occurrence, key } = row.request;
    if (occurrence === null) return [];
    const duplicateOf = duplicates.get(row) ?? null;
    return [
      { occurrence, key: key?.key ?? null, executionId: row.executionId, duplicateOf, isSkipped: isSkipped(row) },
    ];
  });
  if (occurrences.length > 0) {
    await client.query({ ...INSERT_OCCURRENCES, values: unnestValues(OCCURRENCE_COLUMNS, occurrences) });
  }
}

/** @returns when those with an owner were claimed. */
async function insertExecutions(
  client: PoolClient,
  rows: readonly AcceptRow[],
  duplicates: ReadonlyMap<AcceptRow, Duplicate>,
  admissions: Admissions,
): Promise<ReadonlyMap<string, Date>> {
  const plain: ExecutionRow[] = [];
  const special: SpecialRow[] = [];
  for (const row of rows) {
    const { execution, occurrence } = row.request;
    if (execution === null || row.executionId === null || duplicates.has(row)) continue;
    const { executionId: id, timeoutMs, awaitedBy, place, parent, traceParent } = row;
    const owner = claimsAtOnce(row) ? (row.owner ?? null) : null;
    const made = { id, execution, occurrenceId: occurrence?.id ?? null, timeoutMs, awaitedBy, owner };
    const admission = admissions.get(id);
    if (isPlain(row)) plain.push(made);
    else if (admission !== 'skipped') special.push({ ...made, place, admission, parent, traceParent });
  }
  if (special.length > 0) await insertSpecial(client, special);
  if (plain.length === 0) return NO_CLAIMS;
  const { rows: inserted } = await client.query<{ id: string; start_time: Date | null }>({
    ...INSERT_EXECUTIONS,
    values: unnestValues(EXECUTION_COLUMNS, plain),
  });
  return new Map(inserted.flatMap(({ id, start_time }) => (start_time === null ? [] : [[id, start_time]])));
}

const NO_CLAIMS: ReadonlyMap<string, Date> = new Map();

async function insertSpecial(client: PoolClient, special: readonly SpecialRow[]): Promise<void> {
  await client.query(INSERT_SPECIAL, unnestValues(SPECIAL_COLUMNS, special));
  const failed = special.filter(({ admission }) => admission === 'failed').map(({ id }) => id);
  if (failed.length === 0) return;
  const { rows } = await client.query<EndedRow>(FAIL, [failed, LIMIT_REACHED]);
  await countEnded(client, rows, BESIDE_SLOT);
}

function toResult(row: AcceptRow, duplicate: Duplicate | undefined, admission: Admission | undefined): StartResult {
  const occurrenceId = row.request.occurrence?.id ?? null;
  if (duplicate !== undefined) return { executionId: duplicate.execution_id, occurrenceId, duplicate: true };
  if (admission === 'skipped') return { executionId: null, occurrenceId, duplicate: false, limited: 'skipped' };
  if (admission === 'failed')
    return { executionId: row.executionId, occurrenceId, duplicate: false, limited: 'failed' };
  return { executionId: row.executionId, occurrenceId, duplicate: false };
}

function firstOf(duplicate: Duplicate): string {
  if (duplicate.execution_id !== null) return `execution ${duplicate.execution_id}`;
  return duplicate.occurrence_id === null ? 'an earlier one' : `occurrence ${duplicate.occurrence_id}`;
}

import type { PoolClient } from 'pg';
import type { BatchStatement } from '../../common/database/group-commit.js';
import { selectSql, toJson, unnestSql, unnestValues, type Column } from '../../common/database/unnest.js';
import type { ExecutionRequest, OccurrenceRecord, StartRequest, StartResult } from '../engine.contract.js';

/** A start request with the ids and limits that it will have. */
export interface AcceptRow {
  readonly request: StartRequest;
  /** null when nothing starts. */
  readonly executionId: string | null;
  readonly timeoutMs: number | null;
  /** The replica that awaits the end. */
  readonly awaitedBy: string | null;
}

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

/** What a key turned out to point to, when it was somebody else's. */
type Duplicate = Pick<KeyRow, 'occurrence_id' | 'execution_id'>;

interface OccurrenceRow {
  readonly occurrence: OccurrenceRecord;
  readonly key: string | null;
  readonly executionId: string | null;
  readonly duplicateOf: Duplicate | null;
}

const OCCURRENCE_COLUMNS: readonly Column<OccurrenceRow>[] = [
  { name: 'id', type: 'uuid', value: ({ occurrence }) => occurrence.id },
  { name: 'trigger_id', type: 'uuid', value: ({ occurrence }) => occurrence.triggerId },
  { name: 'workflow_id', type: 'uuid', value: ({ occurrence }) => occurrence.workflowId },
  { name: 'occurred_at', type: 'timestamptz', value: ({ occurrence }) => occurrence.occurredAt },
  { name: 'scheduled_for', type: 'timestamptz', value: ({ occurrence }) => occurrence.scheduledFor },
  { name: 'dedup_key', type: 'text', value: ({ key }) => key },
  { name: 'outcome', type: 'text', value: (row) => (row.duplicateOf ? 'duplicate' : row.occurrence.outcome) },
  {
    name: 'reason_code',
    type: 'text',
    value: (row) => (row.duplicateOf ? 'duplicate_of' : row.occurrence.reason?.code),
  },
  {
    name: 'reason_detail',
    type: 'text',
    value: (row) => (row.duplicateOf ? firstOf(row.duplicateOf) : row.occurrence.reason?.detail),
  },
  { name: 'execution_id', type: 'uuid', value: (row) => row.duplicateOf?.execution_id ?? row.executionId },
  { name: 'payload', type: 'json', value: ({ occurrence }) => toJson(occurrence.payload) },
  { name: 'replay_of', type: 'uuid', value: ({ occurrence }) => occurrence.replayOf },
];

interface ExecutionRow {
  readonly id: string;
  readonly execution: ExecutionRequest;
  readonly occurrenceId: string | null;
  readonly timeoutMs: number | null;
  readonly awaitedBy: string | null;
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
];

const insertSql = <Row>(table: string, columns: readonly Column<Row>[]): string => /* sql */ `
INSERT INTO ${table} (${columns.map((column) => column.name).join(', ')})
SELECT ${selectSql('i', columns)} FROM ${unnestSql('i', columns)}
ON CONFLICT (id) DO NOTHING`;

const INSERT_OCCURRENCES = insertSql('occurrence', OCCURRENCE_COLUMNS);
const INSERT_EXECUTIONS = insertSql('execution', EXECUTION_COLUMNS);

/** Records occurrences and executions, and lets keys decide which of them are duplicates. */
export const acceptStatement: BatchStatement<AcceptRow, StartResult> = {
  name: 'accept',
  order: 30,
  patienceMs: 10_000,
  run: (client, rows) => accept(client, rows),
};

export async function accept(client: PoolClient, rows: readonly AcceptRow[]): Promise<StartResult[]> {
  const duplicates = await takeKeys(client, rows);
  await insertOccurrences(client, rows, duplicates);
  await insertExecutions(client, rows, duplicates);
  return rows.map((row) => toResult(row, duplicates.get(row)));
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
): Promise<void> {
  const occurrences = rows.flatMap((row): OccurrenceRow[] => {
    const { occurrence, key } = row.request;
    if (occurrence === null) return [];
    return [
      { occurrence, key: key?.key ?? null, executionId: row.executionId, duplicateOf: duplicates.get(row) ?? null },
    ];
  });
  if (occurrences.length > 0) await client.query(INSERT_OCCURRENCES, unnestValues(OCCURRENCE_COLUMNS, occurrences));
}

async function insertExecutions(
  client: PoolClient,
  rows: readonly AcceptRow[],
  duplicates: ReadonlyMap<AcceptRow, Duplicate>,
): Promise<void> {
  const executions = rows.flatMap((row): ExecutionRow[] => {
    const { execution, occurrence } = row.request;
    if (execution === null || row.executionId === null || duplicates.has(row)) return [];
    const { executionId: id, timeoutMs, awaitedBy } = row;
    return [{ id, execution, occurrenceId: occurrence?.id ?? null, timeoutMs, awaitedBy }];
  });
  if (executions.length > 0) await client.query(INSERT_EXECUTIONS, unnestValues(EXECUTION_COLUMNS, executions));
}

function toResult(row: AcceptRow, duplicate: Duplicate | undefined): StartResult {
  const occurrenceId = row.request.occurrence?.id ?? null;
  if (duplicate !== undefined) return { executionId: duplicate.execution_id, occurrenceId, duplicate: true };
  return { executionId: row.executionId, occurrenceId, duplicate: false };
}

function firstOf(duplicate: Duplicate): string {
  if (duplicate.execution_id !== null) return `execution ${duplicate.execution_id}`;
  return duplicate.occurrence_id === null ? 'an earlier one' : `occurrence ${duplicate.occurrence_id}`;
}

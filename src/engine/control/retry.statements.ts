import type { PoolClient } from 'pg';
import { idBounds, idTime, newIdWithin } from '../../common/ids.js';
import { TEST_TRIGGER, type ExecutionStatus, type TriggerNames } from '../engine.contract.js';
import type { Place } from '../concurrency/place.js';
import type { StepStatus } from '../planner/step-view.js';
import { noteWithin, notesOf } from '../../common/statistics/ended-notes.js';
import { negative } from '../../common/statistics/tally.js';
import { BESIDE_SLOT, toNoted } from '../run/counters.js';
import { copyLargeOutputs, deleteLargeOutputs } from '../outputs/large-outputs.js';
import type { PastAttempt, StepError } from '../run/step-record.js';

/** An execution that is to be retried, locked until the transaction ends. */
export interface HeldExecution {
  readonly id: string;
  readonly workflow_id: string;
  readonly version: number;
  readonly status: ExecutionStatus;
  readonly attempt: number;
  readonly error: { readonly step_path: string | null } | null;
  readonly input: unknown;
  readonly variables: Readonly<Record<string, unknown>> | null;
  readonly trigger: TriggerNames | null;
  readonly parent_id: string | null;
  readonly parent_step_id: string | null;
  /** Position of a distributed loop's pass; null: an execution of a whole definition. */
  readonly pass: number | null;
  readonly trigger_type: string;
  /** As its end has counted it. */
  readonly duration_ms: number;
  readonly error_code: string | null;
  readonly queued_at: number;
  readonly started_at: number | null;
}

export interface HeldStep {
  readonly id: string;
  readonly step_path: string;
  readonly type: string;
  readonly status: StepStatus;
  readonly attempt: number;
  readonly scope: string | null;
  readonly port: string | null;
  readonly error: StepError | null;
  readonly attempts: PastAttempt[] | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  /** Bytes of an output that lies beside the row. */
  readonly output_size: number | null;
}

export interface Queued {
  readonly id: string;
  readonly epoch: number;
  readonly priority: number;
  /** null: no `concurrency`; else it waits for a place of this key. */
  readonly concurrency_key: string | null;
}

const HOLD = /* sql */ `
SELECT id, workflow_id, version, status, attempt, error, input, variables, trigger, parent_id, parent_step_id, pass,
  trigger_type, error->>'code' AS error_code, date_part('epoch', queued_at) AS queued_at,
  date_part('epoch', start_time) AS started_at,
  (extract(epoch FROM end_time - coalesce(start_time, end_time)) * 1000)::bigint AS duration_ms
FROM execution WHERE id = $1 FOR UPDATE`;

/** Index: step_execution_execution. */
const STEPS = /* sql */ `
SELECT id, step_path, type, status, attempt, scope, port, error, attempts, started_at, finished_at, output_size
FROM step_execution WHERE execution_id = $1 AND id BETWEEN $2 AND $3 ORDER BY id`;

/** The epoch passes on, so that nothing an earlier owner writes late can match; a new claim sets a new deadline. */
const REQUEUE = /* sql */ `
UPDATE execution SET status = 'queued', attempt = attempt + 1, epoch = epoch + 1, signal_seq = signal_seq + 1,
  queued_at = now(), owner = NULL, awaited_by = NULL, start_time = NULL, end_time = NULL, deadline_at = NULL,
  output = NULL, output_size = NULL, error = NULL, cancel_requested = false, cancel_reason = NULL, pause_requested = false, paused_at = NULL,
  has_place = false, supersedes = false
WHERE id = $1 AND status IN ('completed', 'failed', 'cancelled', 'timed_out')
RETURNING id, epoch, priority, concurrency_key`;

const SET_BACK = /* sql */ `
UPDATE step_execution s SET change = DEFAULT, status = 'pending', attempt = i.attempt, attempts = i.attempts::json,
  scope = NULL, port = NULL, input = NULL, output = NULL, output_size = NULL, error = NULL, waiting = NULL, wait_until = NULL,
  wait_state = NULL, first_started_at = NULL, started_at = NULL, finished_at = NULL
FROM unnest($1::uuid[], $2::int[], $3::text[]) AS i(id, attempt, attempts)
WHERE s.id = i.id AND s.id = ANY($1::uuid[])`;

const REOPEN = /* sql */ `
UPDATE step_execution SET change = DEFAULT, status = 'running', error = NULL, started_at = now(), finished_at = NULL, waiting = NULL, wait_until = NULL
WHERE id = ANY($1::uuid[])`;

/** What an end has added to the counters is taken out again: one execution counts once, as what it ends as at last. */
const UNCOUNT = /* sql */ `${noteWithin('$5')}
INSERT INTO workflow_counter AS c (workflow_id, slot, completed, failed, timed_out, cancelled, duration_ms)
SELECT w.id, $2::smallint, -($3 = 'completed')::int, -($3 = 'failed')::int, -($3 = 'timed_out')::int,
  -($3 = 'cancelled')::int, -$4::bigint
FROM workflow w WHERE w.id = $1
ON CONFLICT (workflow_id, slot) DO UPDATE SET
  completed = c.completed + excluded.completed,
  failed = c.failed + excluded.failed,
  timed_out = c.timed_out + excluded.timed_out,
  cancelled = c.cancelled + excluded.cancelled,
  duration_ms = c.duration_ms + excluded.duration_ms`;

/** It begins at epoch 1, so that its first claim reads the steps that it brings along. The occurrence stays the first's. */
const INSERT = /* sql */ `
INSERT INTO execution (id, workflow_id, version, priority, epoch, trigger_id, trigger_type, trigger, mocks, retry_of, input,
  variables, timeout_ms, created_by, concurrency_key, concurrency_limit, trace_parent)
SELECT $2, workflow_id, $3, priority, 1, trigger_id, trigger_type, trigger, mocks, id,
  CASE WHEN $4 THEN $5::json ELSE input END, variables, $6, $7, $8, $9, trace_parent
FROM execution WHERE id = $1
RETURNING id, epoch, priority, concurrency_key`;

const COPY_STEPS = /* sql */ `
INSERT INTO step_execution (id, execution_id, step_id, step_path, type, status, attempt, scope, port, input, output,
  output_size, error, attempts, first_started_at, started_at, finished_at)
SELECT i.copy_id, $1, s.step_id, s.step_path, s.type, CASE WHEN i.reopened THEN 'running' ELSE s.status END, s.attempt,
  s.scope, s.port, s.input, s.output, s.output_size, CASE WHEN i.reopened THEN NULL ELSE s.error END, s.attempts,
  s.first_started_at, CASE WHEN i.reopened THEN now() ELSE s.started_at END,
  CASE WHEN i.reopened THEN NULL ELSE s.finished_at END
FROM unnest($2::uuid[], $3::uuid[], $4::boolean[]) AS i(id, copy_id, reopened)
JOIN step_execution s ON s.id = i.id
WHERE s.id = ANY($2::uuid[])`;

export async function holdExecution(client: PoolClient, id: string): Promise<HeldExecution | undefined> {
  return (await client.query<HeldExecution>(HOLD, [id])).rows[0];
}

export async function stepsOf(client: PoolClient, id: string): Promise<HeldStep[]> {
  const { lowest, highest } = idBounds(idTime(id));
  return (await client.query<HeldStep>(STEPS, [id, lowest, highest])).rows;
}

export async function requeue(client: PoolClient, held: HeldExecution): Promise<Queued[]> {
  await deleteLargeOutputs(client, [held.id]);
  const isCounted = held.pass === null && held.trigger_type !== TEST_TRIGGER;
  if (isCounted)
    await client.query(UNCOUNT, [held.workflow_id, BESIDE_SLOT, held.status, held.duration_ms, undoing(held)]);
  return (await client.query<Queued>(REQUEUE, [held.id])).rows;
}

/** Its steps stay counted: those that run again count again. */
function undoing(held: HeldExecution): string {
  return JSON.stringify(notesOf([toNoted(held)]).map((note) => ({ ...note, tally: negative(note.tally) })));
}

/** @param executionAttempt the attempt of the execution that is over. */
export async function setBack(client: PoolClient, steps: readonly HeldStep[], executionAttempt: number): Promise<void> {
  await deleteLargeOutputs(
    client,
    steps.filter(isLarge).map((step) => step.id),
  );
  await client.query(SET_BACK, [
    steps.map((step) => step.id),
    steps.map((step) => (step.started_at === null ? step.attempt : step.attempt + 1)),
    steps.map((step) => JSON.stringify(pastAttempts(step, executionAttempt))),
  ]);
}

export async function reopen(client: PoolClient, steps: readonly HeldStep[]): Promise<void> {
  await client.query(REOPEN, [steps.map((step) => step.id)]);
}

export interface NewExecution {
  readonly id: string;
  readonly retryOf: string;
  readonly version: number;
  /** undefined: the same input. */
  readonly input: unknown;
  readonly timeoutMs: number | null;
  readonly createdBy: string;
  readonly place: Place | null;
}

export async function insertRetry(client: PoolClient, made: NewExecution): Promise<Queued[]> {
  const { id, retryOf, version, input, timeoutMs, createdBy, place } = made;
  const text = input === undefined ? null : JSON.stringify(input);
  const values = [retryOf, id, version, input !== undefined, text, timeoutMs, createdBy, place?.key, place?.limit];
  return (await client.query<Queued>(INSERT, values)).rows;
}

export async function copySteps(
  client: PoolClient,
  executionId: string,
  steps: readonly HeldStep[],
  reopened: ReadonlySet<string>,
): Promise<void> {
  const copies = steps.map((step) => ({ id: step.id, copyId: newIdWithin(executionId), isLarge: isLarge(step) }));
  await client.query(COPY_STEPS, [
    executionId,
    copies.map((copy) => copy.id),
    copies.map((copy) => copy.copyId),
    steps.map((step) => reopened.has(step.step_path)),
  ]);
  const large = copies.filter((copy) => copy.isLarge);
  await copyLargeOutputs(client, executionId, large);
}

const isLarge = (step: HeldStep): boolean => step.output_size !== null;

/** All of them belong to the attempt of the execution that is over; a step that never started leaves none behind. */
function pastAttempts(step: HeldStep, executionAttempt: number): PastAttempt[] {
  const { attempt, status, error, started_at, finished_at } = step;
  const last: PastAttempt = {
    attempt,
    started_at: started_at?.toISOString() ?? null,
    finished_at: finished_at?.toISOString() ?? null,
    error: status === 'completed' ? null : (error ?? { code: status, message: `The step was ${status}.` }),
  };
  const all = [...(step.attempts ?? []), ...(started_at === null ? [] : [last])];
  return all.map((past) => ({ execution_attempt: executionAttempt, ...past }));
}

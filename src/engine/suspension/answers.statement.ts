import type { PoolClient } from 'pg';
import { toJson } from '../../common/database/unnest.js';
import type { ExecutionStatus } from '../engine.contract.js';
import type { StepAnswer } from '../run/step-record.js';

/** An answer for a step that waits. */
export interface GivenAnswer {
  readonly executionId: string;
  readonly stepExecutionId: string;
  /** The attempt that asked: an answer to an earlier one comes too late. */
  readonly attempt: number;
  readonly value: unknown;
}

export interface AnsweredExecution {
  readonly id: string;
  readonly status: ExecutionStatus;
  readonly epoch: number;
  readonly priority: number;
}

/** Holds off the owners' checkpoints: what they have recorded is seen by what follows. Index: the primary key. */
const HOLD = /* sql */ `
SELECT id FROM execution WHERE id = ANY($1::uuid[]) AND is_open ORDER BY id FOR UPDATE`;

/** The first answer counts. Index: the primary keys. */
const GIVE = /* sql */ `
INSERT INTO step_answer (id, attempt, execution_id, answer)
SELECT s.id, s.attempt, s.execution_id, i.answer
FROM unnest($1::uuid[], $2::int[], $3::json[]) AS i(id, attempt, answer)
JOIN step_execution s ON s.id = i.id AND s.attempt = i.attempt
WHERE s.id = ANY($1::uuid[]) AND s.status = 'waiting' AND s.execution_id = ANY($4::uuid[])
ON CONFLICT (id, attempt) DO NOTHING
RETURNING id`;

/** A running one is told by a signal, a paused one looks when it is resumed. Index: the primary key. */
const WAKE = /* sql */ `
UPDATE execution SET signal_seq = signal_seq + 1,
  status = CASE WHEN status = 'waiting' THEN 'queued' ELSE status END,
  queued_at = CASE WHEN status = 'waiting' THEN now() ELSE queued_at END
WHERE id = ANY($1::uuid[]) AND status IN ('running', 'waiting', 'queued', 'paused')
RETURNING id, status, epoch, priority`;

/** Index: the primary key. */
const READ = /* sql */ `
SELECT a.id, a.answer AS value FROM step_answer a
JOIN unnest($1::uuid[], $2::int[]) AS i(id, attempt) ON a.id = i.id AND a.attempt = i.attempt
WHERE a.id = ANY($1::uuid[]) AND NOT a.out_of_time`;

/** Only the owner says that the time is up; whoever inserts first wins. Index: the primary keys. */
const CLOSE = /* sql */ `
INSERT INTO step_answer (id, attempt, execution_id, out_of_time)
SELECT i.id, i.attempt, e.id, true
FROM (SELECT id FROM execution WHERE id = $3 AND epoch = $4 FOR SHARE) e
CROSS JOIN unnest($1::uuid[], $2::int[]) AS i(id, attempt)
ON CONFLICT (id, attempt) DO NOTHING`;

/** @returns ids of the step executions whose first answer this was. */
export async function giveAnswers(client: PoolClient, answers: readonly GivenAnswer[]): Promise<Set<string>> {
  const executions = [...new Set(answers.map((answer) => answer.executionId))];
  const { rows: open } = await client.query<{ id: string }>(HOLD, [executions]);
  const { rows } = await client.query<{ id: string }>(GIVE, [
    answers.map((answer) => answer.stepExecutionId),
    answers.map((answer) => answer.attempt),
    answers.map((answer) => toJson(answer.value)),
    open.map((row) => row.id),
  ]);
  return new Set(rows.map((row) => row.id));
}

export async function wakeAnswered(client: PoolClient, executionIds: readonly string[]): Promise<AnsweredExecution[]> {
  return (await client.query<AnsweredExecution>(WAKE, [executionIds])).rows;
}

/** From here on it is too late for answers to these steps. What came before is found by `answersOf`. */
export async function closeAnswers(
  client: PoolClient,
  owned: { readonly executionId: string; readonly epoch: number },
  steps: readonly { readonly id: string; readonly attempt: number }[],
): Promise<void> {
  const values = [steps.map((step) => step.id), steps.map((step) => step.attempt), owned.executionId, owned.epoch];
  await client.query(CLOSE, values);
}

/** @returns answers by step execution. */
export async function answersOf(
  client: Pick<PoolClient, 'query'>,
  steps: readonly { readonly id: string; readonly attempt: number }[],
): Promise<Map<string, StepAnswer>> {
  const values = [steps.map((step) => step.id), steps.map((step) => step.attempt)];
  const { rows } = await client.query<StepAnswer & { readonly id: string }>(READ, values);
  return new Map(rows.map(({ id, value }) => [id, { value }]));
}

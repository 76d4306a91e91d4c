import type { PoolClient } from 'pg';
import type { BatchStatement } from '../../common/database/group-commit.js';
import { idBounds, idTime } from '../../common/ids.js';
import { TEST_TRIGGER, type TriggerNames } from '../engine.contract.js';
import type { PassNames } from '../children/parent-link.js';
import type { StepStatus } from '../planner/step-view.js';
import { withLargeOutputs } from '../outputs/large-outputs.js';
import { answersOf } from '../suspension/answers.statement.js';
import { suspendedFor, type PastAttempt, type StepAnswer, type StepError, type Waiting } from './step-record.js';

export interface ClaimedExecution {
  readonly id: string;
  readonly workflow_id: string;
  readonly version: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly priority: number;
  readonly signal_seq: number;
  readonly cancel_requested: boolean;
  readonly pause_requested: boolean;
  readonly queued_at: Date;
  readonly start_time: Date;
  readonly deadline_at: Date | null;
  readonly trigger_id: string | null;
  readonly trigger_type: string;
  /** null: no rule. */
  readonly concurrency_key: string | null;
  readonly input: unknown;
  readonly variables: Record<string, unknown> | null;
  readonly trigger: TriggerNames | null;
  readonly error: StepError | null;
  readonly parent_id: string | null;
  readonly parent_step_id: string | null;
  readonly parent_attempt: number | null;
  /** Position of a distributed loop's pass; null: an execution of a whole definition. */
  readonly pass: number | null;
  readonly pass_names: PassNames | null;
  /** null: it was accepted while no traces were sent. */
  readonly trace_parent: string | null;
  /** Of a test run: what stands in for its steps. */
  readonly mocks?: Readonly<Record<string, unknown>> | undefined;
  /** The database's time of the claim. */
  readonly now: Date;
  /** What earlier owners have recorded. */
  readonly steps: readonly ClaimedStep[];
}

export interface ClaimedStep {
  readonly id: string;
  readonly execution_id: string;
  readonly step_path: string;
  readonly status: StepStatus;
  readonly attempt: number;
  readonly scope: string | null;
  readonly port: string | null;
  readonly input: unknown;
  readonly output: unknown;
  /** Bytes, while it lies beside the row. */
  readonly output_size: number | null;
  readonly error: StepError | null;
  readonly waiting: Waiting | null;
  readonly wait_until: Date | null;
  readonly wait_state: unknown;
  readonly attempts: PastAttempt[] | null;
  readonly first_started_at: Date | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  /** Of a waiting step that was answered meanwhile. */
  readonly answer?: StepAnswer | undefined;
}

export interface ClaimRow {
  readonly executionId: string;
  /** The replica that claims. */
  readonly owner: string;
}

/**
 * Takes executions by raising their epoch. Only queued ones can be taken; or those that this replica holds already by a
 * claim whose commit it did not see (its runner asks only for what it does not run). Under a `concurrency` rule only
 * those that were given their place. Index: the primary key.
 */
const CLAIM = /* sql */ `
UPDATE execution SET
  status = 'running',
  owner = $2,
  epoch = epoch + 1,
  start_time = coalesce(start_time, now()),
  deadline_at = coalesce(deadline_at, now() + timeout_ms * interval '1 millisecond')
WHERE id = ANY($1::uuid[]) AND (status = 'queued' OR (status = 'running' AND owner = $2))
  AND (concurrency_key IS NULL OR has_place)
RETURNING id, workflow_id, version, epoch, attempt, priority, signal_seq, cancel_requested, pause_requested,
  queued_at, start_time, deadline_at, trigger_id, trigger_type, concurrency_key, input, variables, trigger, error,
  parent_id, parent_step_id, parent_attempt, pass, pass_names, trace_parent, now() AS now`;

/** Index: step_execution_execution; the bounds leave one partition an execution. */
const STEPS_OF = /* sql */ `
SELECT id, execution_id, step_path, status, attempt, scope, port, input, output, output_size, error, waiting, wait_until,
  wait_state, attempts, first_started_at, started_at, finished_at
FROM step_execution
WHERE execution_id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3
ORDER BY id`;

/** Index: the primary key. */
const MOCKS_OF = /* sql */ `SELECT id, mocks FROM execution WHERE id = ANY($1::uuid[]) AND mocks IS NOT NULL`;

/** @returns null for an execution that is not there to be taken: somebody else has it, or it has ended. */
export const claimStatement: BatchStatement<ClaimRow, ClaimedExecution | null> = {
  name: 'claim',
  order: 20,
  patienceMs: 30_000,
  async run(client, rows) {
    const owner = rows[0]?.owner;
    const ids = rows.map((row) => row.executionId);
    const { rows: claimed } = await client.query<Omit<ClaimedExecution, 'steps'>>(CLAIM, [ids, owner]);
    const known = claimed.filter((row) => row.epoch > 1).map((row) => row.id);
    const steps = known.length === 0 ? new Map<string, ClaimedStep[]>() : await stepsOf(client, known);
    const mocks = await mocksOf(client, claimed);
    const byId = new Map(
      claimed.map((row) => [row.id, { ...row, ...mocks?.get(row.id), steps: steps.get(row.id) ?? [] }]),
    );
    return rows.map((row) => byId.get(row.executionId) ?? null);
  },
};

interface Mocked {
  readonly id: string;
  readonly mocks: Readonly<Record<string, unknown>>;
}

/** Asks for nothing, and gives null, where none is a test run. */
async function mocksOf(
  client: PoolClient,
  claimed: readonly Pick<ClaimedExecution, 'id' | 'trigger_type'>[],
): Promise<Map<string, Mocked> | null> {
  const tests = claimed.filter((row) => row.trigger_type === TEST_TRIGGER);
  if (tests.length === 0) return null;
  const { rows } = await client.query<Mocked>(MOCKS_OF, [tests.map((row) => row.id)]);
  return new Map(rows.map((row) => [row.id, row]));
}

async function stepsOf(client: PoolClient, ids: readonly string[]): Promise<Map<string, ClaimedStep[]>> {
  const times = ids.map(idTime);
  const { lowest } = idBounds(Math.min(...times));
  const { highest } = idBounds(Math.max(...times));
  const { rows } = await client.query<ClaimedStep>(STEPS_OF, [ids, lowest, highest]);
  const whole = await withLargeOutputs(client, rows);
  return Map.groupBy(await withAnswers(client, whole), (row) => row.execution_id);
}

async function withAnswers(client: PoolClient, steps: readonly ClaimedStep[]): Promise<readonly ClaimedStep[]> {
  const suspended = steps.filter((step) => step.status === 'waiting' && suspendedFor(step.waiting) !== null);
  if (suspended.length === 0) return steps;
  const answers = await answersOf(client, suspended);
  return steps.map((step) => ({ ...step, answer: answers.get(step.id) }));
}

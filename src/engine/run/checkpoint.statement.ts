import type { PoolClient } from 'pg';
import type { AfterCommit, BatchStatement } from '../../common/database/group-commit.js';
import { selectSql, toJson, unnestSql, unnestValues, type Column } from '../../common/database/unnest.js';
import type { StepTallies } from '../../common/statistics/tally.js';
import type { Timers } from '../../common/timers/timer.contract.js';
import { together } from '../../common/database/together.js';
import type { SuspendFor, WebhookResponse } from '../../nodes/node.contract.js';
import { recordResponses, type RespondedRow, type Response } from '../ends/response.statement.js';
import { countEnded } from './counters.js';
import type { EndedRow } from './ended.row.js';
import { inRow, largeSize, upsertLargeOutputs, type LargeOutput } from '../outputs/large-outputs.js';
import { insertLogs, type LogRow } from './logs.js';
import type { Suspended, Suspensions } from '../suspension/suspensions.js';
import type { ExecutionError, StepRecord } from './step-record.js';

/** What an owner records of its execution. */
export interface Checkpoint {
  readonly executionId: string;
  readonly workflowId: string;
  readonly epoch: number;
  readonly steps: readonly StepRecord[];
  readonly logs: readonly LogRow[];
  /** With its end: its steps, added up. */
  readonly stepTallies?: StepTallies | undefined;
  /** What a `respond` step has said since the last one. */
  readonly response?: WebhookResponse | undefined;
  /** Where the execution goes by it; null: it goes on. */
  readonly move: Move | null;
}

export type Move =
  | {
      readonly to: 'completed' | 'failed' | 'cancelled' | 'timed_out';
      readonly outputJson: string | null;
      readonly error: ExecutionError | null;
      /** A `stop` step has ended it: a pass then ends its parent. */
      readonly hasStopped?: boolean;
    }
  /** Sleeps until `wakeAt` or a control signal later than `signalSeq`. */
  | { readonly to: 'waiting'; readonly wakeAt: Date | null; readonly signalSeq: number }
  /** As it was asked to; unless it was resumed meanwhile, which counts as a control signal. */
  | { readonly to: 'paused' }
  /** Back to the queue, for another owner. */
  | { readonly to: 'queued' };

/**
 * `kept`: recorded. `signalled`: recorded, but a control signal came in between and the execution did not come to rest.
 * `lost`: the epoch has passed on, nothing was recorded; the owner stops at once.
 */
export type CheckpointResult = 'kept' | 'signalled' | 'lost';

export const WAKE_TIMER = 'execution.wake';

/** Guards every write by the epoch, and holds off a claim until this transaction has ended. Index: the primary key. */
const HOLD = /* sql */ `
SELECT e.id FROM execution e
JOIN unnest($1::uuid[], $2::int[]) AS i(id, epoch) ON e.id = i.id AND e.epoch = i.epoch
WHERE e.id = ANY($1::uuid[])
FOR SHARE OF e`;

const END = /* sql */ `
UPDATE execution e SET
  status = i.status, output = i.output::json, output_size = i.output_size, error = i.error::json, end_time = now(),
  owner = NULL, has_stopped = i.has_stopped
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::int[], $6::text[], $7::bool[])
  AS i(id, epoch, status, output, output_size, error, has_stopped)
WHERE e.id = i.id AND e.id = ANY($1::uuid[]) AND e.epoch = i.epoch AND e.status = 'running'
RETURNING e.id, e.workflow_id, e.trigger_type, e.status, e.awaited_by, e.end_time AS ended_at, e.parent_step_id, e.parent_attempt,
  e.is_detached, e.pass, e.has_stopped, e.attempt, e.error->>'code' AS error_code, date_part('epoch', e.queued_at) AS queued_at,
  date_part('epoch', e.start_time) AS started_at,
  (extract(epoch FROM e.end_time - e.start_time) * 1000)::bigint AS duration_ms`;

const SLEEP = /* sql */ `
UPDATE execution e SET status = 'waiting', owner = NULL
FROM unnest($1::uuid[], $2::int[], $3::int[]) AS i(id, epoch, signal_seq)
WHERE e.id = i.id AND e.id = ANY($1::uuid[]) AND e.epoch = i.epoch AND e.signal_seq = i.signal_seq
  AND e.status = 'running'
RETURNING e.id`;

const PAUSE = /* sql */ `
UPDATE execution e SET status = 'paused', owner = NULL, paused_at = now()
FROM unnest($1::uuid[], $2::int[]) AS i(id, epoch)
WHERE e.id = i.id AND e.id = ANY($1::uuid[]) AND e.epoch = i.epoch AND e.status = 'running' AND e.pause_requested
RETURNING e.id`;

const HAND_BACK = /* sql */ `
UPDATE execution e SET status = 'queued', owner = NULL, queued_at = now()
FROM unnest($1::uuid[], $2::int[]) AS i(id, epoch)
WHERE e.id = i.id AND e.id = ANY($1::uuid[]) AND e.epoch = i.epoch AND e.status = 'running'
RETURNING e.id`;

interface StepRow {
  readonly executionId: string;
  readonly record: StepRecord;
}

const time = (value: number | null): Date | null => (value === null ? null : new Date(value));

const STEP_COLUMNS: readonly Column<StepRow>[] = [
  { name: 'id', type: 'uuid', value: ({ record }) => record.fields.id },
  { name: 'execution_id', type: 'uuid', value: ({ executionId }) => executionId },
  { name: 'step_id', type: 'text', value: ({ record }) => record.step.id },
  { name: 'step_path', type: 'text', value: ({ record }) => record.path },
  { name: 'type', type: 'text', value: ({ record }) => record.step.type },
  { name: 'status', type: 'text', value: ({ record }) => record.fields.status },
  { name: 'attempt', type: 'integer', value: ({ record }) => record.fields.attempt },
  { name: 'scope', type: 'text', value: ({ record }) => record.fields.scope },
  { name: 'port', type: 'text', value: ({ record }) => record.fields.port },
  { name: 'input', type: 'json', value: ({ record }) => toJson(record.fields.input) },
  { name: 'output', type: 'json', value: ({ record }) => inRow(record.outputJson) },
  { name: 'output_size', type: 'integer', value: ({ record }) => largeSize(record.outputJson) },
  { name: 'error', type: 'json', value: ({ record }) => toJson(record.fields.error) },
  { name: 'waiting', type: 'json', value: ({ record }) => toJson(record.fields.waiting) },
  { name: 'wait_until', type: 'timestamptz', value: ({ record }) => time(record.fields.waitUntil) },
  { name: 'wait_state', type: 'json', value: ({ record }) => toJson(record.fields.waitState) },
  {
    name: 'attempts',
    type: 'json',
    value: ({ record }) => (record.fields.attempts.length === 0 ? null : JSON.stringify(record.fields.attempts)),
  },
  { name: 'first_started_at', type: 'timestamptz', value: ({ record }) => time(record.fields.firstStartedAt) },
  { name: 'started_at', type: 'timestamptz', value: ({ record }) => time(record.fields.startedAt) },
  { name: 'finished_at', type: 'timestamptz', value: ({ record }) => time(record.fields.finishedAt) },
];

const FIXED = new Set(['id', 'execution_id', 'step_id', 'step_path', 'type']);
const CHANGING = STEP_COLUMNS.map((column) => column.name).filter((name) => !FIXED.has(name));

/** One row a step execution, written when it starts and again when it ends. */
const UPSERT_STEPS = {
  name: 'steps',
  text: /* sql */ `
INSERT INTO step_execution (${STEP_COLUMNS.map((column) => column.name).join(', ')})
SELECT ${selectSql('s', STEP_COLUMNS)} FROM ${unnestSql('s', STEP_COLUMNS)}
ON CONFLICT (id) DO UPDATE SET ${CHANGING.map((name) => `${name} = excluded.${name}`).join(', ')},
  change = excluded.change`,
};

/** Tells who awaits responses that they are there, once they are committed. */
export type OnResponded = (
  client: PoolClient,
  rows: readonly RespondedRow[],
  responses: readonly Response[],
  afterCommit: AfterCommit,
) => Promise<void>;

export type CheckpointStatement = BatchStatement<Checkpoint, CheckpointResult>;

/**
 * @param slot this process's row of the counters, so that replicas do not queue for one.
 * @param onEnded what ended in this transaction, before it commits (to tell who waits, with the commit).
 */
export function checkpointStatement(
  timers: Timers,
  slot: number,
  onEnded: (client: PoolClient, ended: readonly EndedRow[], afterCommit: AfterCommit) => Promise<void>,
  suspensions: Suspensions,
  onResponded: OnResponded,
): CheckpointStatement {
  return {
    name: 'checkpoint',
    order: 10,
    patienceMs: Number.POSITIVE_INFINITY,
    async run(client, checkpoints, afterCommit) {
      const { results, ended } = await moveAll(client, checkpoints, timers);
      const kept = checkpoints.filter((checkpoint) => results.has(checkpoint));
      await together([countEnds(client, ended, slot, checkpoints), upsertSteps(client, kept)]);
      if (ended.length > 0) await onEnded(client, ended, afterCommit);
      await upsertLargeOutputs(client, largeOutputsOf(kept));
      await insertLogs(client, kept);
      await suspensions.follow(client, suspendedBy(kept), closedBy(kept), afterCommit);
      const responses = responsesOf(kept);
      if (responses.length > 0)
        await onResponded(client, await recordResponses(client, responses), responses, afterCommit);
      return checkpoints.map((checkpoint) => results.get(checkpoint) ?? 'lost');
    },
  };
}

interface Moved {
  /** None for what is lost. */
  readonly results: ReadonlyMap<Checkpoint, Exclude<CheckpointResult, 'lost'>>;
  readonly ended: readonly EndedRow[];
}

async function moveAll(client: PoolClient, checkpoints: readonly Checkpoint[], timers: Timers): Promise<Moved> {
  let ended: readonly EndedRow[] = [];
  const results = new Map<Checkpoint, Exclude<CheckpointResult, 'lost'>>();
  const { going = [], ending = [], sleeping = [], pausing = [], handing = [] } = Object.groupBy(checkpoints, kindOf);
  const mark = (
    asked: readonly Checkpoint[],
    done: readonly { id: string }[],
    result: Exclude<CheckpointResult, 'lost'>,
  ): Checkpoint[] => {
    const ids = new Set(done.map((row) => row.id));
    for (const checkpoint of asked) if (ids.has(checkpoint.executionId)) results.set(checkpoint, result);
    return asked.filter((checkpoint) => !ids.has(checkpoint.executionId));
  };
  if (ending.length > 0) {
    ended = (await client.query<EndedRow>(END, endValues(ending))).rows;
    mark(ending, ended, 'kept');
  }
  if (handing.length > 0)
    mark(handing, (await client.query<{ id: string }>(HAND_BACK, holdValues(handing))).rows, 'kept');
  let awake: Checkpoint[] = [];
  if (sleeping.length > 0) {
    const { rows } = await client.query<{ id: string }>(SLEEP, sleepValues(sleeping));
    awake = mark(sleeping, rows, 'kept');
    await setWakeTimers(
      client,
      timers,
      sleeping.filter((checkpoint) => results.has(checkpoint)),
    );
  }
  if (pausing.length > 0) {
    const { rows } = await client.query<{ id: string }>(PAUSE, holdValues(pausing));
    awake = [...awake, ...mark(pausing, rows, 'kept')];
  }
  if (going.length + awake.length > 0) {
    const { rows } = await client.query<{ id: string }>(HOLD, holdValues([...going, ...awake]));
    mark(going, rows, 'kept');
    mark(awake, rows, 'signalled');
  }
  return { results, ended };
}

async function countEnds(
  client: PoolClient,
  ended: readonly EndedRow[],
  slot: number,
  checkpoints: readonly Checkpoint[],
): Promise<void> {
  if (ended.length === 0) return;
  const ending = checkpoints.filter((checkpoint) => kindOf(checkpoint) === 'ending');
  await countEnded(client, ended, slot, new Map(ending.map((each) => [each.executionId, each.stepTallies])));
}

const KINDS = { waiting: 'sleeping', paused: 'pausing', queued: 'handing' } as const;

function kindOf({ move }: Checkpoint): 'going' | 'ending' | 'sleeping' | 'pausing' | 'handing' {
  if (move === null) return 'going';
  return move.to in KINDS ? KINDS[move.to as keyof typeof KINDS] : 'ending';
}

function holdValues(checkpoints: readonly Checkpoint[]): unknown[][] {
  return [checkpoints.map((checkpoint) => checkpoint.executionId), checkpoints.map((checkpoint) => checkpoint.epoch)];
}

function sleepValues(checkpoints: readonly Checkpoint[]): unknown[][] {
  const seqs = checkpoints.map(({ move }) => (move?.to === 'waiting' ? move.signalSeq : 0));
  return [...holdValues(checkpoints), seqs];
}

function endValues(checkpoints: readonly Checkpoint[]): unknown[][] {
  const moves = checkpoints.map(({ move }) => move as Extract<Move, { outputJson: string | null }>);
  return [
    ...holdValues(checkpoints),
    moves.map((move) => move.to),
    moves.map((move) => inRow(move.outputJson)),
    moves.map((move) => largeSize(move.outputJson)),
    moves.map((move) => toJson(move.error)),
    moves.map((move) => move.hasStopped === true),
  ];
}

async function setWakeTimers(client: PoolClient, timers: Timers, sleeping: readonly Checkpoint[]): Promise<void> {
  const due = sleeping.flatMap(({ executionId, move }) =>
    move?.to === 'waiting' && move.wakeAt !== null
      ? [{ kind: WAKE_TIMER, subjectId: executionId, key: '', dueAt: move.wakeAt, payload: null }]
      : [],
  );
  await timers.set(client, due);
}

function responsesOf(checkpoints: readonly Checkpoint[]): Response[] {
  return checkpoints.flatMap(({ executionId, response }) =>
    response === undefined ? [] : [{ executionId, response }],
  );
}

async function upsertSteps(client: PoolClient, checkpoints: readonly Checkpoint[]): Promise<void> {
  // Two checkpoints of one execution in one flush: the later state of a step wins, and a row is written once.
  const rows = new Map<string, StepRow>();
  for (const { executionId, steps } of checkpoints) {
    for (const record of steps) rows.set(record.fields.id, { executionId, record });
  }
  if (rows.size > 0) {
    await client.query({ ...UPSERT_STEPS, values: unnestValues(STEP_COLUMNS, [...rows.values()]) });
  }
}

/** Two checkpoints of one execution in one flush: as with steps, the later one wins. */
function largeOutputsOf(checkpoints: readonly Checkpoint[]): LargeOutput[] {
  const outputs = new Map<string, LargeOutput>();
  const add = (id: string, executionId: string, outputJson: string | null): void => {
    if (outputJson !== null && largeSize(outputJson) !== null) outputs.set(id, { id, executionId, outputJson });
  };
  for (const { executionId, steps, move } of checkpoints) {
    for (const { fields, outputJson } of steps) add(fields.id, executionId, outputJson);
    if (move !== null && 'outputJson' in move) add(executionId, executionId, move.outputJson);
  }
  return [...outputs.values()];
}

function suspendedBy(checkpoints: readonly Checkpoint[]): Suspended[] {
  return checkpoints.flatMap(({ executionId, workflowId, steps }) =>
    steps.flatMap(({ opening, fields, path }) =>
      opening === null
        ? []
        : [
            {
              executionId,
              workflowId,
              stepExecutionId: fields.id,
              stepPath: path,
              attempt: fields.attempt,
              until: time(fields.waitUntil),
              request: opening,
              state: fields.waitState,
            },
          ],
    ),
  );
}

function closedBy(checkpoints: readonly Checkpoint[]): { stepExecutionId: string; for: SuspendFor }[] {
  return checkpoints.flatMap(({ steps }) =>
    steps.flatMap(({ closing, fields }) => (closing === null ? [] : [{ stepExecutionId: fields.id, for: closing }])),
  );
}

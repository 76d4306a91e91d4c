import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../common/database/database.js';
import { idBounds, idTime } from '../../common/ids.js';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { Signals } from '../../common/signals/signals.contract.js';
import { Timers } from '../../common/timers/timer.contract.js';
import { WorkflowPlans } from '../../workflows/workflow-plans.js';
import { ChildEnds } from '../children/child-ends.service.js';
import { LocalEnds } from '../ends/local-ends.js';
import type { ExecutionStatus } from '../engine.contract.js';
import { OwnEvents } from '../events/own-events.js';
import { ExecutionNotFoundError, ExecutionStateError } from '../engine.errors.js';
import { isOpen } from '../planner/state-tables.js';
import { Places } from '../concurrency/places.service.js';
import { WAKE_TIMER } from '../run/checkpoint.statement.js';
import { ENDED_COLUMNS, type EndedRow } from '../run/ended.row.js';
import { BESIDE_SLOT, countEnded } from '../run/counters.js';
import { suspendedFor, type Waiting } from '../run/step-record.js';
import { Suspensions } from '../suspension/suspensions.js';
import { CANCEL_TOPIC } from '../run/control-signals.js';

/** How long the answer to a cancel waits for a running execution to have ended. */
const ANSWER_WAIT_MS = 2_000;

interface Held {
  readonly workflow_id: string;
  readonly version: number;
  readonly status: ExecutionStatus;
  readonly epoch: number;
  readonly priority: number;
  readonly start_time: Date | null;
  readonly concurrency_key: string | null;
}

interface WaitingStep {
  readonly stepExecutionId: string;
  readonly waiting: Waiting | null;
}

const HOLD = /* sql */ `
SELECT workflow_id, version, status, epoch, priority, start_time, concurrency_key FROM execution WHERE id = $1 FOR UPDATE`;

const ASK = /* sql */ `
UPDATE execution SET cancel_requested = true, cancel_reason = coalesce($2, cancel_reason), signal_seq = signal_seq + 1,
  pause_requested = false
WHERE id = $1`;

/** Nothing runs and nothing is left to run: it ends here. The epoch passes on, so that no late owner revives it. */
const END = /* sql */ `
UPDATE execution SET status = 'cancelled', end_time = now(), epoch = epoch + 1, paused_at = NULL,
  error = json_build_object('code', 'cancelled', 'message', 'The execution was cancelled.', 'step_path', NULL)
WHERE id = $1
RETURNING ${ENDED_COLUMNS},
  (extract(epoch FROM end_time - coalesce(start_time, end_time)) * 1000)::bigint AS duration_ms`;

const WAITING_STEPS = /* sql */ `
SELECT id AS "stepExecutionId", waiting FROM step_execution
WHERE execution_id = $1 AND id BETWEEN $2 AND $3 AND status = 'waiting'`;

const END_STEPS = /* sql */ `
UPDATE step_execution SET status = 'cancelled', finished_at = now(), waiting = NULL, wait_until = NULL,
  change = DEFAULT
WHERE execution_id = $1 AND id BETWEEN $2 AND $3 AND status IN ('pending', 'running', 'waiting')`;

/** The time of a pause does not count: the deadline must not come before `finally` has its turn. */
const REQUEUE = /* sql */ `
UPDATE execution SET status = 'queued', queued_at = now(), paused_at = NULL,
  deadline_at = deadline_at + coalesce(now() - paused_at, interval '0')
WHERE id = $1`;

/** Cancels executions: running work is aborted for real, on whichever replica; afterwards only `finally` runs. */
@Injectable()
export class CancelService {
  constructor(
    private readonly database: Database,
    private readonly plans: WorkflowPlans,
    private readonly timers: Timers,
    private readonly signals: Signals,
    private readonly queue: ExecutionQueue,
    private readonly ends: LocalEnds,
    private readonly places: Places,
    private readonly suspensions: Suspensions,
    private readonly childEnds: ChildEnds,
    private readonly events: OwnEvents,
  ) {}

  /**
   * Returns when the execution has ended, or a moment later when it still runs `finally`.
   * Cancelling a cancelled one changes nothing.
   * @throws ExecutionNotFoundError 404; ExecutionStateError 409 when it has ended otherwise.
   */
  async cancel(id: string, reason: string | null): Promise<void> {
    if (await this.request(id, reason)) await this.ends.wait(id, ANSWER_WAIT_MS);
  }

  /**
   * The same without waiting for the end.
   * @returns whether something is left to run.
   */
  async request(id: string, reason: string | null): Promise<boolean> {
    const followUp = await this.database.retriedTransaction((client) => this.cancelWithin(client, id, reason));
    return followUp();
  }

  /**
   * The same within the caller's transaction.
   * @returns what to do after the commit; it says whether something is left to run.
   */
  async cancelWithin(client: PoolClient, id: string, reason: string | null): Promise<() => boolean> {
    const held = (await client.query<Held>(HOLD, [id])).rows[0];
    if (held === undefined) throw new ExecutionNotFoundError(id);
    if (held.status === 'cancelled') return () => false;
    if (!isOpen(held.status)) throw new ExecutionStateError(id, held.status, 'cancelled');
    await client.query(ASK, [id, reason]);
    if (held.status === 'running') {
      await this.signals.publishWithin(client, CANCEL_TOPIC, id);
      return () => true;
    }
    if (await this.hasFinally(held)) return await this.queueForFinally(client, id, held);
    return await this.endNow(client, id, held.concurrency_key);
  }

  private async hasFinally(held: Held): Promise<boolean> {
    if (held.start_time === null) return false;
    const { plan } = await this.plans.get(held.workflow_id, held.version);
    return plan.finally !== null;
  }

  private async queueForFinally(client: PoolClient, id: string, held: Held): Promise<() => boolean> {
    await client.query(REQUEUE, [id]);
    await this.timers.drop(client, WAKE_TIMER, [id]);
    return () => {
      this.queue.add([{ executionId: id, epoch: held.epoch, priority: held.priority }]);
      return true;
    };
  }

  private async endNow(client: PoolClient, id: string, key: string | null): Promise<() => boolean> {
    const { rows } = await client.query<EndedRow>(END, [id]);
    const { lowest, highest } = idBounds(idTime(id));
    const { rows: waiting } = await client.query<WaitingStep>(WAITING_STEPS, [id, lowest, highest]);
    await client.query(END_STEPS, [id, lowest, highest]);
    const closed = waiting.flatMap(({ stepExecutionId, waiting }) => {
      const reason = suspendedFor(waiting);
      return reason === null ? [] : [{ stepExecutionId, for: reason }];
    });
    const actions: (() => void)[] = [];
    await this.suspensions.follow(client, [], closed, (act) => actions.push(act));
    await this.timers.drop(client, WAKE_TIMER, [id]);
    await countEnded(client, rows, BESIDE_SLOT);
    await this.ends.signalWithin(client, rows);
    await this.childEnds.tellWithin(client, rows);
    await this.events.ended(client, rows);
    return () => {
      for (const act of actions) act();
      this.ends.announce(id, null);
      if (key !== null) this.places.give([key]);
      return false;
    };
  }
}

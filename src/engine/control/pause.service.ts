import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../common/database/database.js';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { Signals } from '../../common/signals/signals.contract.js';
import type { ExecutionStatus } from '../engine.contract.js';
import { ExecutionNotFoundError, ExecutionStateError } from '../engine.errors.js';
import { Places } from '../concurrency/places.service.js';
import { isOpen } from '../planner/state-tables.js';
import { ControlSignals, PAUSE_TOPIC } from '../run/control-signals.js';

interface Held {
  readonly status: ExecutionStatus;
  readonly pause_requested: boolean;
}

interface Resumed {
  readonly epoch: number;
  readonly priority: number;
  readonly concurrency_key: string | null;
  readonly has_place: boolean;
}

const HOLD = /* sql */ `SELECT status, pause_requested FROM execution WHERE id = $1 FOR UPDATE`;

/** A runner that is about to sleep names an older `signal_seq`, stays awake and finds the question in the row. */
const ASK = /* sql */ `
UPDATE execution SET pause_requested = true, signal_seq = signal_seq + 1
WHERE id = $1 AND status = 'running'`;

const PAUSE = /* sql */ `
UPDATE execution SET status = 'paused', pause_requested = true, paused_at = now()
WHERE id = $1 AND status IN ('queued', 'waiting')`;

const TAKE_BACK = /* sql */ `
UPDATE execution SET pause_requested = false, signal_seq = signal_seq + 1
WHERE id = $1 AND status <> 'paused'`;

/** The epoch passes on, so that the queue takes it for a new turn even if it still knows the one before the pause. */
const RESUME = /* sql */ `
UPDATE execution SET status = 'queued', queued_at = now(), epoch = epoch + 1, signal_seq = signal_seq + 1,
  pause_requested = false, paused_at = NULL, deadline_at = deadline_at + (now() - paused_at)
WHERE id = $1 AND status = 'paused'
RETURNING epoch, priority, concurrency_key, has_place`;

/** Passes of its distributed loops that have not begun. Index: execution_parent. */
const WAITING_PASSES = /* sql */ `
SELECT DISTINCT concurrency_key AS key FROM execution
WHERE parent_id = $1 AND pass IS NOT NULL AND is_open AND NOT has_place`;

/**
 * Holds executions and lets them go on. A paused execution is nobody's: neither the reaper nor the reconciler nor a timer
 * touches it. The clock of its timeout stands still; waits and retries that come due meanwhile go on when it is resumed.
 */
@Injectable()
export class PauseService {
  constructor(
    private readonly database: Database,
    private readonly signals: Signals,
    private readonly control: ControlSignals,
    private readonly queue: ExecutionQueue,
    private readonly places: Places,
  ) {}

  /**
   * A running one is paused as soon as its running steps have ended; nothing further starts. Pausing a paused one changes
   * nothing.
   * @throws ExecutionNotFoundError 404; ExecutionStateError 409 when it has ended.
   */
  async pause(id: string): Promise<void> {
    const asked = await this.database.retriedTransaction(async (client) => {
      const { status } = await hold(client, id);
      if (!isOpen(status)) throw new ExecutionStateError(id, status, 'paused');
      if (status !== 'running') {
        await client.query(PAUSE, [id]);
        return null;
      }
      await client.query(ASK, [id]);
      const heard = this.control.expectHeard(id);
      await this.signals.publishWithin(client, PAUSE_TOPIC, id);
      return { heard };
    });
    await asked?.heard;
  }

  /**
   * Back to the queue; or, when its running steps have not ended yet, as if it had not been asked to pause.
   * @throws ExecutionNotFoundError 404; ExecutionStateError 409 when it is neither paused nor about to be.
   */
  async resume(id: string): Promise<void> {
    const { queued, keys } = await this.database.retriedTransaction(async (client) => {
      const { status, pause_requested } = await hold(client, id);
      if (!isOpen(status) || !pause_requested) throw new ExecutionStateError(id, status, 'resumed');
      await client.query(TAKE_BACK, [id]);
      const queued = (await client.query<Resumed>(RESUME, [id])).rows;
      return { queued, keys: (await client.query<{ key: string }>(WAITING_PASSES, [id])).rows };
    });
    this.places.give(keys.map(({ key }) => key));
    for (const { epoch, priority, concurrency_key: key, has_place } of queued) {
      if (key !== null && !has_place) this.places.give([key]);
      else this.queue.add([{ executionId: id, epoch, priority }]);
    }
  }
}

async function hold(client: PoolClient, id: string): Promise<Held> {
  const held = (await client.query<Held>(HOLD, [id])).rows[0];
  if (held === undefined) throw new ExecutionNotFoundError(id);
  return held;
}

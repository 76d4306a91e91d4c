import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database } from '../../common/database/database.js';
import { isConnectionLoss } from '../../common/database/pg-errors.js';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { RunnerHolds } from '../run/runner-holds.js';
import { Replica } from '../replica.js';

const EVERY_MS = 3_000;
/** Every so many rounds, owners are looked up that no row of `replica` ever named as dead. */
const FULL_EVERY = 10;

interface Requeued {
  id: string;
  epoch: number;
  priority: number;
}

/** Raising the epoch takes the execution away from an owner that is only slow: its next write matches nothing. */
const REQUEUE = /* sql */ `status = 'queued', owner = NULL, epoch = epoch + 1, queued_at = now()`;

/** Index: execution_open. */
const REAP_DEAD = /* sql */ `
WITH dead AS (DELETE FROM replica WHERE expires_at <= now() RETURNING id)
UPDATE execution SET ${REQUEUE}
WHERE is_open AND status = 'running' AND owner IN (SELECT id FROM dead)
RETURNING id, epoch, priority`;

const REAP_UNKNOWN = /* sql */ `
UPDATE execution e SET ${REQUEUE}
WHERE is_open AND status = 'running'
  AND NOT EXISTS (SELECT 1 FROM replica r WHERE r.id = e.owner AND r.expires_at > now())
RETURNING id, epoch, priority`;

const OWN = /* sql */ `SELECT id FROM execution WHERE is_open AND status = 'running' AND owner = $1`;

const REQUEUE_OWN = /* sql */ `
UPDATE execution SET ${REQUEUE}
WHERE id = ANY($1::uuid[]) AND status = 'running' AND owner = $2
RETURNING id, epoch, priority`;

/** Puts the executions of dead replicas back into the queue, and those that this replica owns but does not hold. */
@Injectable()
export class Reaper {
  private readonly logger = new Logger('Reaper');
  private round = 0;
  /** Owned but not held when last looked; twice in a row is no coincidence. */
  private suspects = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly queue: ExecutionQueue,
    private readonly holds: RunnerHolds,
    private readonly replica: Replica,
  ) {}

  @Interval(EVERY_MS)
  async tick(): Promise<void> {
    try {
      await this.reap();
      this.round = (this.round + 1) % FULL_EVERY;
      if (this.round === 0) {
        this.requeue(await this.database.query<Requeued & Record<string, unknown>>(REAP_UNKNOWN));
        await this.reapOwn();
      }
    } catch (error) {
      if (!isConnectionLoss(error)) this.logger.error(error);
    }
  }

  async reap(): Promise<void> {
    this.requeue(await this.database.query<Requeued & Record<string, unknown>>(REAP_DEAD));
  }

  private async reapOwn(): Promise<void> {
    const owned = await this.database.query<{ id: string }>(OWN, [this.replica.id]);
    const astray = owned.map((row) => row.id).filter((id) => !this.holds.has(id));
    const sure = astray.filter((id) => this.suspects.has(id));
    this.suspects = new Set(astray);
    if (sure.length === 0) return;
    const rows = await this.database.query<Requeued & Record<string, unknown>>(REQUEUE_OWN, [sure, this.replica.id]);
    this.requeue(rows);
  }

  private requeue(rows: readonly Requeued[]): void {
    if (rows.length === 0) return;
    this.logger.warn(`${rows.length} executions whose owner is gone go back to the queue`);
    this.queue.add(rows.map(({ id, epoch, priority }) => ({ executionId: id, epoch, priority })));
  }
}

import { Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { Database } from '../database/database.js';
import { isConnectionLoss } from '../database/pg-errors.js';
import type { DueTimer, TimerHandler } from './timer.contract.js';
import { Turns } from './turns.js';
import { CLAIM_DUE, CLAIM_ONE, POSTPONE, UNTIL_NEXT } from './timers.sql.js';

/** The longest sleep: a signal that was lost costs at most this. */
export const LONGEST_SLEEP_MS = 5_000;
const BATCH = 500;
const AFTER_FAULT_MS = 500;
const STAND_STILL = `SET LOCAL idle_in_transaction_session_timeout = '5min'`;

interface DueRow {
  id: string;
  kind: string;
  subject_id: string;
  key: string;
  due_at: Date;
  payload: unknown;
  failures: number;
  now: Date;
}

type FollowUp = () => void | Promise<void>;

/**
 * Sleeps until the next due timer of its kinds, claims due ones in batches and runs their follow-up in the transaction
 * that removes them.
 */
export class TimerLoop {
  private readonly logger = new Logger('Timers');
  private readonly handlers = new Map<string, TimerHandler>();
  private sleep: { wakeAt: number; wake: () => void } | null = null;
  private wokenEarly = false;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly batch = BATCH,
    private readonly onLateness: (latenessMs: number) => void = () => undefined,
    /** Its follow-ups wait for somebody outside, and so their transactions stand still. */
    private readonly waitsOutside = false,
    /** Of all loops whose follow-ups wait outside, so many work at a time. */
    private readonly turns = new Turns(1),
  ) {}

  handle(kind: string, handler: TimerHandler): void {
    this.handlers.set(kind, handler);
  }

  start(): void {
    if (this.handlers.size > 0) this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wakeBy(0);
    await this.running;
  }

  /** Wakes the sleeper when it would sleep past `time` (its own clock; an error of the clock costs only lateness). */
  wakeBy(time: number): void {
    if (this.sleep === null) this.wokenEarly = true;
    else if (this.sleep.wakeAt > time) this.sleep.wake();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.wokenEarly = false;
      try {
        const full = await this.turns.run(() => this.claimBatch());
        if (!full) await this.sleepFor(await this.untilNext());
      } catch (error) {
        if (!isConnectionLoss(error)) this.logger.error(error);
        await this.sleepFor(AFTER_FAULT_MS);
      }
    }
  }

  private get kinds(): string[] {
    return [...this.handlers.keys()];
  }

  private async untilNext(): Promise<number> {
    const [row] = await this.database.query<{ wait_ms: string | null }>(UNTIL_NEXT, [this.kinds]);
    const wait = row?.wait_ms ?? null;
    return wait === null ? LONGEST_SLEEP_MS : Number(wait);
  }

  private async sleepFor(milliseconds: number): Promise<void> {
    const wait = Math.max(0, Math.min(milliseconds, LONGEST_SLEEP_MS));
    if (this.wokenEarly || this.stopping) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.sleep = null;
        resolve();
      };
      // setTimeout may fire up to a millisecond early; a due row is never claimed before its time.
      const timer = setTimeout(wake, Math.ceil(wait) + 1);
      this.sleep = { wakeAt: Date.now() + wait, wake };
    });
  }

  /** @returns whether the batch was full, so that more may be due already. */
  private async claimBatch(): Promise<boolean> {
    let rows: DueRow[] = [];
    try {
      const followUps = await this.database.transaction(async (client) => {
        rows = (await client.query<DueRow>(CLAIM_DUE, [this.kinds, this.batch])).rows;
        if (this.waitsOutside && rows.length > 0) await client.query(STAND_STILL);
        return await this.handleRows(client, rows);
      });
      for (const row of rows) this.onLateness(row.now.getTime() - row.due_at.getTime());
      await runAll(followUps);
    } catch (error) {
      if (rows.length === 0 || isConnectionLoss(error)) throw error;
      await this.claimOneByOne(rows);
    }
    return rows.length === this.batch;
  }

  /** After a batch has failed: each timer alone, so that only the broken one stays behind. */
  private async claimOneByOne(rows: readonly DueRow[]): Promise<void> {
    for (const { id, kind, subject_id } of rows) {
      try {
        const followUps = await this.database.transaction(async (client) => {
          if (this.waitsOutside) await client.query(STAND_STILL);
          return await this.handleRows(client, (await client.query<DueRow>(CLAIM_ONE, [id])).rows);
        });
        await runAll(followUps);
      } catch (error) {
        if (isConnectionLoss(error)) throw error;
        this.logger.error({ message: `timer ${kind} of ${subject_id} failed and will be tried again`, err: error });
        await this.database.query(POSTPONE, [id, String(error)]);
      }
    }
  }

  private async handleRows(client: PoolClient, rows: readonly DueRow[]): Promise<FollowUp[]> {
    const followUps: FollowUp[] = [];
    for (const [kind, due] of Map.groupBy(rows, (row) => row.kind)) {
      const now = due[0]?.now ?? new Date();
      const followUp = await this.handlers.get(kind)?.(client, due.map(toDueTimer), now);
      if (followUp) followUps.push(followUp);
    }
    return followUps;
  }
}

async function runAll(followUps: readonly FollowUp[]): Promise<void> {
  for (const followUp of followUps) await followUp();
}

function toDueTimer(row: DueRow): DueTimer {
  const { id, kind, key, payload, failures } = row;
  return { id, kind, subjectId: row.subject_id, key, dueAt: row.due_at, payload, failures };
}

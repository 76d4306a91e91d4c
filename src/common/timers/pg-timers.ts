import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { type PoolClient } from 'pg';
import { AppConfig } from '../config/app-config.js';
import { Database } from '../database/database.js';
import { isConnectionLoss } from '../database/pg-errors.js';
import { newId } from '../ids.js';
import { Signals } from '../signals/signals.contract.js';
import { Timers, type DueTimer, type TimerHandler, type TimerRecord } from './timer.contract.js';
import { CANCEL_TIMERS, CLAIM_DUE, CLAIM_ONE, POSTPONE, SET_TIMERS, UNTIL_NEXT } from './timers.sql.js';

const BATCH = 500;
/** The longest sleep: a signal that was lost costs at most this. */
const LONGEST_SLEEP_MS = 5_000;
/** A timer set for sooner than that wakes the other replicas; a later one they find by themselves. */
const TOPIC = 'timer';

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

/**
 * The durable timers. Each replica with the scheduler's role sleeps until the next due row, claims due rows in batches
 * and runs their follow-up in the transaction that removes them.
 */
@Injectable()
export class PgTimers extends Timers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Timers');
  private readonly handlers = new Map<string, TimerHandler>();
  private sleep: { timer: NodeJS.Timeout; wakeAt: number; wake: () => void } | null = null;
  private wokenEarly = false;
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();
  private observer: (report: { count: number; latenessMs: number }) => void = () => undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly signals: Signals,
  ) {
    super();
  }

  /** Whoever measures lateness; one listener. */
  observe(listener: (report: { count: number; latenessMs: number }) => void): void {
    this.observer = listener;
  }

  override handle(kind: string, handler: TimerHandler): void {
    if (this.handlers.has(kind)) throw new Error(`two handlers for timers of kind ${kind}`);
    this.handlers.set(kind, handler);
  }

  override async set(client: PoolClient, timers: readonly TimerRecord[]): Promise<void> {
    if (timers.length === 0) return;
    await client.query(SET_TIMERS, [
      timers.map(() => newId()),
      timers.map((timer) => timer.kind),
      timers.map((timer) => timer.subjectId),
      timers.map((timer) => timer.key),
      timers.map((timer) => timer.dueAt),
      timers.map((timer) => (timer.payload === null ? null : JSON.stringify(timer.payload))),
    ]);
    const soonest = Math.min(...timers.map((timer) => timer.dueAt.getTime()));
    if (soonest - Date.now() < LONGEST_SLEEP_MS) await this.signals.publishWithin(client, TOPIC, soonest);
  }

  override async cancel(client: PoolClient, kind: string, subjectIds: readonly string[], key?: string): Promise<void> {
    await client.query(CANCEL_TIMERS, [kind, subjectIds, key ?? null]);
  }

  onApplicationBootstrap(): void {
    if (!this.config.roles.includes('scheduler')) return;
    this.signals.subscribe(TOPIC, (soonest) => this.wakeBy(Number(soonest)));
    this.signals.onReconnect(() => this.wakeBy(0));
    this.loop = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.wakeBy(0);
    await this.loop;
  }

  /** Wakes the sleeper when it would sleep past `time` (its own clock; an error of the clock costs only lateness). */
  private wakeBy(time: number): void {
    if (this.sleep === null) this.wokenEarly = true;
    else if (this.sleep.wakeAt > time) this.sleep.wake();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.wokenEarly = false;
      try {
        const full = await this.claimBatch();
        if (!full) await this.sleepFor(await this.untilNext());
      } catch (error) {
        if (!isConnectionLoss(error)) this.logger.error(error);
        await this.sleepFor(500);
      }
    }
  }

  private async untilNext(): Promise<number> {
    const [row] = await this.database.query<{ wait_ms: string | null }>(UNTIL_NEXT, [[...this.handlers.keys()]]);
    return row?.wait_ms == null ? LONGEST_SLEEP_MS : Number(row.wait_ms);
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
      this.sleep = { timer, wakeAt: Date.now() + wait, wake };
    });
  }

  /** @returns whether the batch was full, so that more may be due already. */
  private async claimBatch(): Promise<boolean> {
    const kinds = [...this.handlers.keys()];
    let rows: DueRow[] = [];
    try {
      const followUps = await this.database.transaction(async (client) => {
        rows = (await client.query<DueRow>(CLAIM_DUE, [kinds, BATCH])).rows;
        return await this.handleRows(client, rows);
      });
      this.report(rows);
      await runAll(followUps);
    } catch (error) {
      if (rows.length === 0 || isConnectionLoss(error)) throw error;
      await this.claimOneByOne(rows);
    }
    return rows.length === BATCH;
  }

  /** After a batch has failed: each timer alone, so that only the broken one stays behind. */
  private async claimOneByOne(rows: readonly DueRow[]): Promise<void> {
    for (const { id, kind, subject_id } of rows) {
      try {
        const followUps = await this.database.transaction(async (client) =>
          this.handleRows(client, (await client.query<DueRow>(CLAIM_ONE, [id])).rows),
        );
        await runAll(followUps);
      } catch (error) {
        if (isConnectionLoss(error)) throw error;
        this.logger.error({ message: `timer ${kind} of ${subject_id} failed and will be tried again`, err: error });
        await this.database.query(POSTPONE, [id, String(error)]);
      }
    }
  }

  private async handleRows(client: PoolClient, rows: readonly DueRow[]): Promise<(() => void | Promise<void>)[]> {
    const followUps: (() => void | Promise<void>)[] = [];
    const byKind = Map.groupBy(rows, (row) => row.kind);
    for (const [kind, due] of byKind) {
      const now = due[0]?.now ?? new Date();
      const followUp = await this.handlers.get(kind)?.(client, due.map(toDueTimer), now);
      if (followUp) followUps.push(followUp);
    }
    return followUps;
  }

  private report(rows: readonly DueRow[]): void {
    for (const row of rows) this.observer({ count: 1, latenessMs: row.now.getTime() - row.due_at.getTime() });
  }
}

async function runAll(followUps: readonly (() => void | Promise<void>)[]): Promise<void> {
  for (const followUp of followUps) await followUp();
}

function toDueTimer(row: DueRow): DueTimer {
  const { id, kind, key, payload, failures } = row;
  return { id, kind, subjectId: row.subject_id, key, dueAt: row.due_at, payload, failures };
}

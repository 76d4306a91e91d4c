import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { AppConfig } from '../config/app-config.js';
import { Database } from '../database/database.js';
import { newId } from '../ids.js';
import { Metrics } from '../metrics/metrics.js';
import { Signals } from '../signals/signals.contract.js';
import { LONGEST_SLEEP_MS, TimerLoop } from './timer-loop.js';
import { Turns } from './turns.js';
import { Timers, type TimerHandler, type TimerOrder } from './timer.contract.js';
import { CANCEL_TIMERS, DROP_TIMERS, SET_TIMERS } from './timers.sql.js';

const TOPIC = 'timer';

/**
 * The durable timers. Each replica with the scheduler's role claims what is due: in one loop for all kinds whose
 * follow-up is work in the database, and in a loop of its own for a kind whose follow-up waits for somebody outside.
 */
@Injectable()
export class PgTimers extends Timers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly kinds = new Set<string>();
  private readonly common: TimerLoop;
  private readonly loops: TimerLoop[];
  private readonly turns: Turns;

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly signals: Signals,
    metrics: Metrics,
  ) {
    super();
    this.turns = new Turns(config.schedulerMaxWorkers);
    this.common = new TimerLoop(database, undefined, (lateness) => metrics.timerLag.set(Math.max(0, lateness) / 1000));
    this.loops = [this.common];
  }

  override handle(kind: string, handler: TimerHandler): void {
    this.claimKind(kind);
    this.common.handle(kind, handler);
  }

  override handleApart(kind: string, handler: TimerHandler, batch = 1): void {
    this.claimKind(kind);
    const loop = new TimerLoop(this.database, batch, undefined, true, this.turns);
    loop.handle(kind, handler);
    this.loops.push(loop);
  }

  override async set(client: PoolClient, timers: readonly TimerOrder[]): Promise<void> {
    if (timers.length === 0) return;
    await client.query(SET_TIMERS, [
      timers.map(() => newId()),
      timers.map((timer) => timer.kind),
      timers.map((timer) => timer.subjectId),
      timers.map((timer) => timer.key),
      timers.map(({ dueAt }) => (dueAt instanceof Date ? dueAt : null)),
      timers.map(({ dueAt }) => (dueAt instanceof Date ? null : dueAt.afterMs)),
      timers.map((timer) => (timer.payload === null ? null : JSON.stringify(timer.payload))),
    ]);
    // A timer set for later than the longest sleep is found without being told.
    const soonest = timers.reduce((least, { dueAt }) => Math.min(least, nearly(dueAt)), Infinity);
    if (soonest - Date.now() < LONGEST_SLEEP_MS) await this.signals.publishWithin(client, TOPIC, soonest);
  }

  override async cancel(client: PoolClient, kind: string, subjectIds: readonly string[], key?: string): Promise<void> {
    await client.query(CANCEL_TIMERS, [kind, subjectIds, key ?? null]);
  }

  override async drop(client: PoolClient, kind: string, subjectIds: readonly string[]): Promise<void> {
    await client.query(DROP_TIMERS, [kind, subjectIds]);
  }

  onApplicationBootstrap(): void {
    if (!this.config.roles.includes('scheduler')) return;
    this.signals.subscribe(TOPIC, (soonest) => this.wakeBy(Number(soonest)));
    this.signals.onReconnect(() => this.wakeBy(0));
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  private claimKind(kind: string): void {
    if (this.kinds.has(kind)) throw new Error(`two handlers for timers of kind ${kind}`);
    this.kinds.add(kind);
  }

  private wakeBy(time: number): void {
    for (const loop of this.loops) loop.wakeBy(time);
  }
}

/** By this replica's clock, whose error costs only lateness here. */
function nearly(dueAt: TimerOrder['dueAt']): number {
  return dueAt instanceof Date ? dueAt.getTime() : Date.now() + dueAt.afterMs;
}

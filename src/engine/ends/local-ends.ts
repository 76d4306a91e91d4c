import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../common/database/database.js';
import { Signals } from '../../common/signals/signals.contract.js';
import { ExecutionEnds, type FinishedExecution } from '../execution-ends.js';
import { withLargeOutputs } from '../outputs/large-outputs.js';
import { isOpen } from '../planner/state-tables.js';
import { Replica } from '../replica.js';
import type { EndedRow } from '../run/ended.row.js';

const TOPIC = 'execution.ended';
/** A signal holds this many ids at most: a NOTIFY takes 8,000 bytes. */
const IDS_PER_SIGNAL = 150;
/** Signals may be lost; the row is not. */
const LOOK_AGAIN_MS = 1_000;
/** An expectation that nobody waits for is forgotten after that long. */
const FORGET_MS = 60_000;

const READ = /* sql */ `SELECT id, status, output, output_size, error FROM execution WHERE id = $1`;

/** Somebody here awaits this end, or is about to. */
interface Expectation {
  finished: FinishedExecution | null;
  hasNews: boolean;
  readonly wakes: Set<() => void>;
  readonly madeAt: number;
}

/** Awaits ends: without a query when this process ran the execution, by a signal when another did. */
@Injectable()
export class LocalEnds extends ExecutionEnds implements OnModuleInit {
  private readonly expected = new Map<string, Expectation>();

  constructor(
    private readonly database: Database,
    private readonly signals: Signals,
    private readonly replica: Replica,
  ) {
    super();
  }

  onModuleInit(): void {
    this.signals.subscribe(TOPIC, (ids) => {
      if (Array.isArray(ids)) for (const id of ids) this.announce(String(id), null);
    });
  }

  /** Called before the execution is recorded, so that no end comes too early to be seen. */
  expect(executionId: string): void {
    const now = performance.now();
    for (const [id, old] of this.expected) {
      if (now - old.madeAt < FORGET_MS) break;
      if (old.wakes.size === 0) this.expected.delete(id);
    }
    this.expected.set(executionId, { finished: null, hasNews: false, wakes: new Set(), madeAt: now });
  }

  override async wait(executionId: string, timeoutMs: number): Promise<FinishedExecution | null> {
    const giveUpAt = performance.now() + timeoutMs;
    if (!this.expected.has(executionId)) {
      // Started elsewhere, perhaps long ago.
      const row = await this.readEnded(executionId);
      if (row !== null) return row;
      this.expect(executionId);
    }
    for (;;) {
      const left = giveUpAt - performance.now();
      await this.news(executionId, Math.min(LOOK_AGAIN_MS, left));
      const ended = this.expected.get(executionId)?.finished ?? (await this.readEnded(executionId));
      if (ended === null && performance.now() < giveUpAt) continue;
      if (this.expected.get(executionId)?.wakes.size === 0) this.expected.delete(executionId);
      return ended;
    }
  }

  /** @param finished null: ended, but somewhere else; read it. */
  announce(executionId: string, finished: FinishedExecution | null): void {
    const expectation = this.expected.get(executionId);
    if (expectation === undefined) return;
    expectation.finished = finished;
    expectation.hasNews = true;
    for (const wake of expectation.wakes) wake();
  }

  /** Tells the replicas that await these ends, with the commit that makes them true. */
  async signalWithin(client: PoolClient, ended: readonly EndedRow[]): Promise<void> {
    const others = ended.filter((row) => row.awaited_by !== null && row.awaited_by !== this.replica.id);
    for (let start = 0; start < others.length; start += IDS_PER_SIGNAL) {
      const ids = others.slice(start, start + IDS_PER_SIGNAL).map((row) => row.id);
      await this.signals.publishWithin(client, TOPIC, ids);
    }
  }

  private async readEnded(executionId: string): Promise<FinishedExecution | null> {
    type Row = FinishedExecution & { output_size: number | null };
    const rows = await this.database.query<Row>(READ, [executionId]);
    const [row] = await withLargeOutputs(this.database, rows);
    return row === undefined || isOpen(row.status) ? null : row;
  }

  private async news(executionId: string, timeoutMs: number): Promise<void> {
    const expectation = this.expected.get(executionId);
    if (expectation === undefined || expectation.hasNews) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        expectation.wakes.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, timeoutMs));
      expectation.wakes.add(wake);
    });
  }
}

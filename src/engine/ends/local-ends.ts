import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../common/database/database.js';
import type { AfterCommit } from '../../common/database/group-commit.js';
import { Signals } from '../../common/signals/signals.contract.js';
import type { WebhookResponse } from '../../nodes/node.contract.js';
import { ExecutionEnds, type FinishedExecution, type Responded } from '../execution-ends.js';
import { withLargeOutputs } from '../outputs/large-outputs.js';
import { isOpen } from '../planner/state-tables.js';
import { Replica } from '../replica.js';
import type { EndedRow } from '../run/ended.row.js';
import type { RespondedRow, Response } from './response.statement.js';

/** An execution has ended, or has something to say to who awaits it: look at its row. */
const TOPIC = 'execution.ended';
/** A signal holds this many ids at most: a NOTIFY takes 8,000 bytes. */
const IDS_PER_SIGNAL = 150;
/** Signals may be lost; the row is not. */
const LOOK_AGAIN_MS = 1_000;
/** An expectation that nobody waits for is forgotten after that long. */
const FORGET_MS = 60_000;

const READ = /* sql */ `SELECT id, status, output, output_size, error FROM execution WHERE id = $1`;
const READ_RESPONSE = /* sql */ `
SELECT id, status, output, output_size, error, response FROM execution WHERE id = $1`;

type EndRow = FinishedExecution & { readonly output_size: number | null };

/** Somebody here awaits this end, or this response, or is about to. */
interface Expectation {
  finished: FinishedExecution | null;
  response: WebhookResponse | null;
  /** How often something was announced. */
  news: number;
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
    this.expected.set(executionId, { finished: null, response: null, news: 0, wakes: new Set(), madeAt: now });
  }

  override wait(executionId: string, timeoutMs: number): Promise<FinishedExecution | null> {
    return this.look(executionId, timeoutMs, async (known) => known?.finished ?? (await this.readEnded(executionId)));
  }

  override waitForResponse(executionId: string, timeoutMs: number): Promise<Responded | null> {
    return this.look(executionId, timeoutMs, async (known) => {
      if (known?.response) return { kind: 'response', response: known.response };
      if (known?.finished) return { kind: 'ended', finished: known.finished };
      return await this.readResponse(executionId);
    });
  }

  /** @param finished null: ended, or responded, but somewhere else; read it. */
  announce(executionId: string, finished: FinishedExecution | null): void {
    const expectation = this.expected.get(executionId);
    if (expectation === undefined) return;
    expectation.finished = finished;
    wake(expectation);
  }

  /** Tells the replicas that await these ends, with the commit that makes them true. */
  async signalWithin(client: PoolClient, ended: readonly EndedRow[]): Promise<void> {
    await this.signalOthers(
      client,
      ended.filter((row) => row.awaited_by !== null),
    );
  }

  /** Tells whoever awaits these responses, once they are committed. */
  async respondWithin(
    client: PoolClient,
    rows: readonly RespondedRow[],
    responses: readonly Response[],
    afterCommit: AfterCommit,
  ): Promise<void> {
    await this.signalOthers(client, rows);
    const own = new Set(rows.filter((row) => row.awaited_by === this.replica.id).map((row) => row.id));
    afterCommit(() => {
      for (const { executionId, response } of responses) if (own.has(executionId)) this.respond(executionId, response);
    });
  }

  private respond(executionId: string, response: WebhookResponse): void {
    const expectation = this.expected.get(executionId);
    if (expectation === undefined) return;
    expectation.response = response;
    wake(expectation);
  }

  private async signalOthers(
    client: PoolClient,
    rows: readonly { readonly id: string; readonly awaited_by: string | null }[],
  ): Promise<void> {
    const others = rows.filter((row) => row.awaited_by !== this.replica.id);
    for (let start = 0; start < others.length; start += IDS_PER_SIGNAL) {
      const ids = others.slice(start, start + IDS_PER_SIGNAL).map((row) => row.id);
      await this.signals.publishWithin(client, TOPIC, ids);
    }
  }

  /** Looks when something was announced, and now and then, until `find` has found something or the time is up. */
  private async look<Found>(
    executionId: string,
    timeoutMs: number,
    find: (known: Expectation | undefined) => Promise<Found | null>,
  ): Promise<Found | null> {
    const giveUpAt = performance.now() + timeoutMs;
    if (!this.expected.has(executionId)) {
      // Started elsewhere, perhaps long ago.
      const found = await find(undefined);
      if (found !== null) return found;
      this.expect(executionId);
    }
    for (let heard = 0; ;) {
      const left = giveUpAt - performance.now();
      heard = await this.news(executionId, heard, Math.min(LOOK_AGAIN_MS, left));
      const found = await find(this.expected.get(executionId));
      if (found === null && performance.now() < giveUpAt) continue;
      if (this.expected.get(executionId)?.wakes.size === 0) this.expected.delete(executionId);
      return found;
    }
  }

  private async readEnded(executionId: string): Promise<FinishedExecution | null> {
    const rows = await this.database.query<EndRow>(READ, [executionId]);
    const [row] = await withLargeOutputs(this.database, rows);
    return row === undefined || isOpen(row.status) ? null : row;
  }

  private async readResponse(executionId: string): Promise<Responded | null> {
    type Row = EndRow & { response: WebhookResponse | null };
    const rows = await this.database.query<Row>(READ_RESPONSE, [executionId]);
    const [row] = await withLargeOutputs(this.database, rows);
    if (row === undefined) return null;
    if (row.response !== null) return { kind: 'response', response: row.response };
    return isOpen(row.status) ? null : { kind: 'ended', finished: row };
  }

  /** @param heard the news that the caller knows. @returns those there are now; the same when the time is up. */
  private async news(executionId: string, heard: number, timeoutMs: number): Promise<number> {
    // Another who waited for it may have taken it away.
    if (!this.expected.has(executionId)) this.expect(executionId);
    const expectation = this.expected.get(executionId) as Expectation;
    if (expectation.news > heard) return expectation.news;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        expectation.wakes.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, timeoutMs));
      expectation.wakes.add(wake);
    });
    return expectation.news;
  }
}

function wake(expectation: Expectation): void {
  expectation.news++;
  for (const wake of expectation.wakes) wake();
}

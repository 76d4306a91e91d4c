import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { AppConfig } from '../config/app-config.js';
import { Database } from '../database/database.js';
import { Signals } from './signals.contract.js';

const CHANNEL = 'millrace';
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const NOTIFY = 'SELECT pg_notify($1, $2)';

/** Signals on one LISTEN connection of its own, which comes back by itself when it is lost. */
@Injectable()
export class PgSignals extends Signals implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly handlers = new Map<string, Set<(payload: unknown) => void>>();
  private readonly reconnectHandlers = new Set<() => void>();
  private client: pg.Client | null = null;
  private closed = false;
  private pause = FIRST_PAUSE_MS;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
  ) {
    super();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.connect();
  }

  override async publish(topic: string, payload: unknown): Promise<void> {
    await this.database.query(NOTIFY, [CHANNEL, encodeSignal(topic, payload)]);
  }

  override async publishWithin(client: pg.PoolClient, topic: string, payload: unknown): Promise<void> {
    await client.query(NOTIFY, [CHANNEL, encodeSignal(topic, payload)]);
  }

  override subscribe(topic: string, handler: (payload: unknown) => void): () => void {
    const handlers = this.handlers.get(topic) ?? new Set();
    this.handlers.set(topic, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  override onReconnect(handler: () => void): void {
    this.reconnectHandlers.add(handler);
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.config.databaseUrl ?? undefined,
      application_name: 'millrace signals',
      keepAlive: true,
    });
    client.on('error', () => this.reconnect(client));
    client.on('end', () => this.reconnect(client));
    client.on('notification', (message) => this.deliver(message.payload ?? ''));
    this.client = client;
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.pause = FIRST_PAUSE_MS;
    } catch {
      this.reconnect(client);
    }
  }

  private reconnect(lost: pg.Client): void {
    if (this.closed || this.client !== lost) return;
    this.client = null;
    lost.end().catch(() => undefined);
    this.retry = setTimeout(() => void this.comeBack(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  private async comeBack(): Promise<void> {
    await this.connect();
    if (this.client !== null) for (const handler of this.reconnectHandlers) handler();
  }

  private deliver(text: string): void {
    const signal = decodeSignal(text);
    for (const handler of this.handlers.get(signal.topic) ?? []) handler(signal.payload);
  }
}

function encodeSignal(topic: string, payload: unknown): string {
  return JSON.stringify({ topic, payload });
}

function decodeSignal(text: string): { topic: string; payload: unknown } {
  try {
    const signal = JSON.parse(text) as { topic?: unknown; payload?: unknown } | null;
    if (typeof signal?.topic === 'string') return { topic: signal.topic, payload: signal.payload };
  } catch {
    // Not ours either.
  }
  // Somebody else's NOTIFY on our channel.
  return { topic: '', payload: null };
}

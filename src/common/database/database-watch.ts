import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { AppConfig } from '../config/app-config.js';
import { Database } from './database.js';

/** Milliseconds between two looks. */
const EVERY_MS = 1_000;
/** A server that has not answered `SELECT 1` by then does not answer at all: a stopped process, a dead network. */
const PATIENCE_MS = 3_000;

interface Socketed {
  readonly connection?: { readonly stream: { destroy(error: Error): void } };
}

/**
 * Ends the connections to a server that has stopped answering without closing them, so that those who wait get their 503
 * instead of waiting with it; a query that is only slow is left alone, since the look has a connection of its own.
 */
@Injectable()
export class DatabaseWatch implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Database');
  private readonly lent = new Set<pg.PoolClient>();
  private readonly ending = new AbortController();
  private watching: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    this.database.pool.on('acquire', (client) => this.lent.add(client));
    this.database.pool.on('release', (_error, client) => this.lent.delete(client));
    this.database.pool.on('remove', (client) => this.lent.delete(client));
    this.watching = this.watch();
  }

  async onApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await this.watching;
  }

  private async watch(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      await delay(EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      // Nobody waits: nobody has to be freed.
      if (this.lent.size > 0 && !(await this.answers())) this.freeThoseWhoWait();
    }
  }

  private async answers(): Promise<boolean> {
    const waited = [...this.lent];
    const client = new pg.Client({
      connectionString: this.config.databaseUrl ?? '',
      application_name: 'millrace watch',
    });
    client.on('error', () => undefined);
    try {
      const looked = client.connect().then(() => client.query('SELECT 1'));
      // A server that refuses says so on every connection: only silence is to be ended here.
      const spoke = looked.then(
        () => true,
        () => true,
      );
      if (await Promise.race([spoke, this.silence()])) return true;
      // Who was given a connection after the look began has not waited long.
      return !waited.some((one) => this.lent.has(one));
    } finally {
      (client as unknown as Socketed).connection?.stream.destroy(new Error('the look is over'));
    }
  }

  private async silence(): Promise<false> {
    await delay(PATIENCE_MS, undefined, { signal: this.ending.signal, ref: false }).catch(() => undefined);
    // When this process itself stood still, the answer may lie in its socket: that is read before the timer's next turn.
    await nextTurn();
    await nextTurn();
    return false;
  }

  private freeThoseWhoWait(): void {
    if (this.ending.signal.aborted) return;
    this.logger.error({
      message: 'the database does not answer',
      event: 'database_silent',
      connections: this.lent.size,
    });
    const reason = new Error('Connection terminated: the database does not answer');
    for (const client of this.lent) (client as unknown as Socketed).connection?.stream.destroy(reason);
  }
}

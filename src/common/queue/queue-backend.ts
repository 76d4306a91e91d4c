import { createPostgresBackend, runMigrations, setDefaultBackendFactory, type ConnectionOptions } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type AppConfig } from '../config/app-config.js';
import type { Database } from '../database/database.js';
import { installationId } from '../database/installation.js';

/** BullMQ's own schema in PostgreSQL. */
const SCHEMA = 'bullmq';
/** All queues and workers of a process share it: 10 connections instead of dozens, and faster. */
const POOL_SIZE = 10;

/** The connection that BullMQ works on, and how to end it. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  readonly connection: ConnectionOptions;
  /** Of all keys on a Redis that other installations may use as well. */
  readonly prefix: string;
  ping(): Promise<void>;
  onReconnect(handler: () => void): void;
  close(): Promise<void>;
}

/**
 * Opens the backend that `REDIS_URL` chooses and makes it BullMQ's default in this process. Must come before any queue
 * or worker is made. On PostgreSQL, BullMQ's schema is brought up to date first: without it a worker would spin.
 */
export async function openQueueBackend(config: AppConfig, database: Database): Promise<QueueBackend> {
  if (config.redisUrl !== null) return openRedis(config.redisUrl, `millrace:${await installationId(database)}`);
  if (config.databaseUrl === null) throw new Error('the database must run before the queue is opened');
  return await openPostgres(config.databaseUrl);
}

function openRedis(url: string, prefix: string): QueueBackend {
  setDefaultBackendFactory();
  const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 100, 1_000) });
  // Each failed attempt to connect is an 'error' event; ping and the health check report it.
  client.on('error', () => undefined);
  let wasReady = false;
  return {
    kind: 'redis',
    prefix,
    connection: client,
    ping: async () => {
      if (client.status !== 'ready') throw new Error(`Redis is ${client.status}`);
      await client.ping();
    },
    onReconnect: (handler) => {
      client.on('ready', () => {
        if (wasReady) handler();
        wasReady = true;
      });
    },
    close: () => {
      client.disconnect();
      return Promise.resolve();
    },
  };
}

async function openPostgres(url: string): Promise<QueueBackend> {
  setDefaultBackendFactory(createPostgresBackend);
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    options: `-c search_path=${SCHEMA}`,
    application_name: 'millrace queue',
    keepAlive: true,
    // A process that stands still must not keep jobs locked; milliseconds.
    idle_in_transaction_session_timeout: 10_000,
  });
  pool.setMaxListeners(100);
  pool.on('error', () => undefined);
  const client = await pool.connect();
  try {
    await runMigrations(client, SCHEMA);
  } finally {
    client.release();
  }
  return {
    kind: 'postgres',
    prefix: 'millrace',
    connection: pool as unknown as ConnectionOptions,
    ping: async () => {
      await pool.query('SELECT 1');
    },
    // What it held is in the database that the reconciler reads: nothing can be gone without the rest.
    onReconnect: () => undefined,
    close: async () => {
      await pool.end();
    },
  };
}

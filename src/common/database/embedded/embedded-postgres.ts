import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { Cluster } from './cluster.js';
import { lockFolder } from './folder-lock.js';

export interface EmbeddedPostgresOptions {
  /** The data folder of Millrace; PostgreSQL gets `postgres/` below it. */
  readonly dataFolder: string;
  /** Further settings of the server, e.g. `{ fsync: 'off' }` in tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** A connection URL over the Unix socket, with the password in it. */
  readonly url: string;
  /** How it came up; `attached` to one that an earlier Millrace left running. */
  readonly how: 'created' | 'started' | 'attached';
  readonly version: string;
  /** Shuts PostgreSQL down (`fast`: sessions are ended, nothing committed is lost) and gives the folder back. */
  stop(): Promise<void>;
}

/** Milliseconds between two looks at whether the server still runs. */
const WATCH_INTERVAL_MS = 1_000;

/**
 * Starts PostgreSQL in the data folder, or attaches to the one that a killed Millrace left running there. Starts it
 * again when it dies (out of memory, killed by hand), until it is stopped.
 * @throws DataFolderInUseError while another Millrace serves the folder.
 * @throws EmbeddedPostgresError when it cannot run here.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(options.dataFolder);
  // Passable, not readable: PostgreSQL runs as another user when this process is root.
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const unlock = lockFolder(folder);
  try {
    const cluster = new Cluster(folder, options.settings ?? {});
    const how = await cluster.start();
    const endWatch = watch(cluster);
    return {
      url: cluster.url('millrace'),
      how,
      version: cluster.version,
      stop: async () => {
        await endWatch();
        await cluster.stop();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** @returns a function that ends the watch, and resolves when no start is under way. */
function watch(cluster: Cluster): () => Promise<void> {
  const logger = new Logger('EmbeddedPostgres');
  let reviving: Promise<void> | null = null;
  const revive = async (): Promise<void> => {
    logger.error({ message: 'PostgreSQL has died and is started again', event: 'postgres_died' });
    try {
      await cluster.start();
    } catch (error) {
      logger.error(error);
    }
    reviving = null;
  };
  const timer = setInterval(() => {
    if (reviving === null && !cluster.isRunning()) reviving = revive();
  }, WATCH_INTERVAL_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await reviving;
  };
}

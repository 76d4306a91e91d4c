import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { AppConfig } from '../common/config/app-config.js';
import { Database } from '../common/database/database.js';
import { installationId } from '../common/database/installation.js';
import { LockManager } from './lock-manager.js';
import { PgLockManager } from './pg-lock-manager.js';
import { RedlockLockManager } from './redlock-lock-manager.js';

const LOCK_CLIENT = Symbol('LockClient');

function openClient(config: AppConfig): Redis | null {
  if (config.redisUrl === null) return null;
  // Chores that find Redis away are skipped this time; they must not pile up behind it.
  const client = new Redis(config.redisUrl, {
    maxRetriesPerRequest: 1,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  client.on('error', () => undefined);
  return client;
}

/** Locks on redlock where `REDIS_URL` is set, else in PostgreSQL. */
@Global()
@Module({
  providers: [
    { provide: LOCK_CLIENT, inject: [AppConfig], useFactory: openClient },
    {
      provide: LockManager,
      inject: [LOCK_CLIENT, Database],
      useFactory: async (client: Redis | null, database: Database) =>
        client === null
          ? new PgLockManager(database)
          : new RedlockLockManager(client, `millrace:${await installationId(database)}`),
    },
  ],
  exports: [LockManager],
})
export class LocksModule implements OnApplicationShutdown {
  constructor(@Inject(LOCK_CLIENT) private readonly client: Redis | null) {}

  onApplicationShutdown(): void {
    this.client?.disconnect();
  }
}

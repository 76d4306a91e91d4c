import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { AppConfig } from '../config/app-config.js';
import { Database } from './database.js';
import { DatabaseWatch } from './database-watch.js';
import { GroupCommitWriter } from './group-commit-writer.js';
import { GroupCommit } from './group-commit.js';
import { HistoryPartitions } from './history-partitions.js';
import { poolOptions } from './pool.js';

/**
 * TypeORM on the database that `prepareDatabase` made ready, and plain SQL on the same pool. Entities are named by the
 * modules that own them (`TypeOrmModule.forFeature`); the schema changes by migrations alone.
 */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [AppConfig],
      useFactory: (config: AppConfig) => ({
        type: 'postgres' as const,
        extra: poolOptions(requireUrl(config), config.databasePoolSize),
        autoLoadEntities: true,
        synchronize: false,
        // Waiting for the database is over by now.
        retryAttempts: 0,
        // A lost idle connection is replaced by the next use.
        poolErrorHandler: () => undefined,
      }),
    }),
  ],
  providers: [
    {
      provide: Database,
      inject: [DataSource],
      useFactory: (source: DataSource) => new Database((source.driver as unknown as { master: Pool }).master),
    },
    {
      provide: GroupCommitWriter,
      inject: [Database],
      useFactory: (database: Database) => new GroupCommitWriter(database),
    },
    { provide: GroupCommit, useExisting: GroupCommitWriter },
    HistoryPartitions,
    DatabaseWatch,
  ],
  exports: [TypeOrmModule, Database, GroupCommit, GroupCommitWriter],
})
export class DatabaseModule {}

function requireUrl(config: AppConfig): string {
  if (config.databaseUrl === null) throw new Error('the database must run before the application is made');
  return config.databaseUrl;
}

import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { Database } from '../database/database.js';
import { AppConfig } from '../config/app-config.js';
import { BullmqQueue, QUEUE_BACKEND } from './bullmq-queue.js';
import { ExecutionProcessor, QUEUE_NAME } from './execution.processor.js';
import { ExecutionQueue } from './execution-queue.js';
import { openQueueBackend, type QueueBackend } from './queue-backend.js';

@Global()
@Module({
  providers: [{ provide: QUEUE_BACKEND, inject: [AppConfig, Database], useFactory: openQueueBackend }],
  exports: [QUEUE_BACKEND],
})
class QueueBackendModule {}

/** BullMQ on Redis or PostgreSQL, behind the port `ExecutionQueue`. */
@Global()
@Module({
  imports: [
    QueueBackendModule,
    BullModule.forRootAsync({
      inject: [QUEUE_BACKEND],
      useFactory: (backend: QueueBackend) => ({
        connection: backend.connection,
        prefix: backend.prefix,
        defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
        streams: { events: { maxLen: 100 } },
      }),
    }),
    BullModule.registerQueue({ name: QUEUE_NAME }),
  ],
  providers: [ExecutionProcessor, BullmqQueue, { provide: ExecutionQueue, useExisting: BullmqQueue }],
  exports: [ExecutionQueue, BullModule],
})
export class QueueModule {}

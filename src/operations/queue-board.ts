import { getQueueToken } from '@nestjs/bullmq';
import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { fastify, type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import { ExecutionQueue } from '../common/queue/execution-queue.js';
import { QUEUE_NAME } from '../common/queue/execution.processor.js';
import { QueueUnavailableError } from './operations.errors.js';
import { pingQueue } from './queue-looks.js';

export const BOARD_PATH = '/queues';

/**
 * Bull Board over the queue, to look at only: jobs are put in, taken out and put back by the engine, and what a person
 * changes here would be undone, or late. It is loaded when somebody first looks.
 */
@Injectable()
export class QueueBoard implements OnApplicationShutdown {
  private board: Promise<FastifyInstance> | null = null;

  constructor(
    private readonly executions: ExecutionQueue,
    @Optional() @Inject(getQueueToken(QUEUE_NAME)) private readonly queue: Queue | null = null,
  ) {}

  /** @param url path and query, from `/queues`. @throws QueueUnavailableError for what the queue itself would have to say. */
  async get(url: string): Promise<LightMyRequestResponse> {
    if (url.startsWith(`${BOARD_PATH}/api/`)) await this.lookForQueue();
    this.board ??= this.open();
    return await (await this.board).inject({ method: 'GET', url });
  }

  async onApplicationShutdown(): Promise<void> {
    await (await this.board)?.close();
  }

  /** The board would wait for a Redis that is away until it is back. */
  private async lookForQueue(): Promise<void> {
    await pingQueue(this.executions).catch((cause: unknown) => {
      throw new QueueUnavailableError(cause);
    });
  }

  private async open(): Promise<FastifyInstance> {
    const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
      import('@bull-board/fastify'),
    ]);
    const serverAdapter = new FastifyAdapter();
    serverAdapter.setBasePath(BOARD_PATH);
    const description = 'Executions to be taken by workers. PostgreSQL has the truth; this only says who should look.';
    const queues = this.queue === null ? [] : [new BullMQAdapter(this.queue, { readOnlyMode: true, description })];
    const uiConfig = { boardTitle: 'Millrace', hideRedisDetails: true };
    createBullBoard({ queues, serverAdapter, options: { uiConfig } });
    const board = fastify({ routerOptions: { ignoreTrailingSlash: true } });
    await board.register(serverAdapter.registerPlugin(), { prefix: BOARD_PATH });
    await board.ready();
    return board;
  }
}

import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems } from '../common/api/problems.js';
import { PublicWhen, Requires } from '../common/api/requires.js';
import { Database } from '../common/database/database.js';
import { Metrics } from '../common/metrics/metrics.js';
import { ExecutionQueue } from '../common/queue/execution-queue.js';
import { lookIntoQueue } from './queue-looks.js';

/** Index: timer_due. */
const TIMER_LAG = /* sql */ `SELECT greatest(0, extract(epoch FROM now() - min(due_at)))::float8 AS seconds FROM timer`;

@ApiTags('Operations')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly queue: ExecutionQueue,
    private readonly database: Database,
  ) {}

  @Get()
  @Requires('viewer')
  @PublicWhen('metricsPublic')
  @ApiOperation({ summary: 'Metrics for Prometheus', description: 'Needs a key unless METRICS_PUBLIC is true.' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems()
  async get(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    // What cannot be read now keeps its last value; the other metrics are wanted most when something is away.
    await Promise.allSettled([this.readQueue(), this.readTimers()]);
    reply.header('content-type', this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }

  private async readQueue(): Promise<void> {
    for (const [state, count] of Object.entries(await lookIntoQueue(this.queue))) {
      this.metrics.queueLength.set({ state }, count as number);
    }
  }

  private async readTimers(): Promise<void> {
    const [row] = await this.database.query<{ seconds: number | null }>(TIMER_LAG);
    this.metrics.timerLag.set(row?.seconds ?? 0);
  }
}

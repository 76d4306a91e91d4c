import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DefaultProbes } from './default-probes.js';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { MetricsController } from './metrics.controller.js';
import { OperationsController } from './operations.controller.js';
import { QueueBoard } from './queue-board.js';
import { QueuesController } from './queues.controller.js';
import { SchedulerStatus } from './scheduler-status.service.js';
import { ServerStatistics } from './server-statistics.service.js';
import { WorkflowsModule } from '../workflows/workflows.module.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false }), WorkflowsModule],
  controllers: [HealthController, MetricsController, OperationsController, QueuesController],
  providers: [DefaultProbes, HealthService, QueueBoard, SchedulerStatus, ServerStatistics],
  exports: [HealthService],
})
export class OperationsModule {}

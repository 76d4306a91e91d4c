import { Injectable, type OnModuleInit } from '@nestjs/common';
import { GroupCommitWriter } from '../../common/database/group-commit-writer.js';
import { Metrics } from '../../common/metrics/metrics.js';
import { TEST_TRIGGER } from '../engine.contract.js';
import type { ClaimedExecution } from './claim.statement.js';
import { RunnerHolds } from './runner-holds.js';

/** What the engine measures. */
@Injectable()
export class EngineMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly holds: RunnerHolds,
    private readonly commit: GroupCommitWriter,
  ) {}

  onModuleInit(): void {
    this.commit.observe(({ rows, milliseconds }) => {
      this.metrics.checkpointRows.observe(rows);
      this.metrics.checkpointSeconds.observe(milliseconds / 1000);
    });
  }

  claimed({ now, queued_at }: ClaimedExecution): void {
    this.metrics.queueWait.observe(Math.max(0, now.getTime() - queued_at.getTime()) / 1000);
    this.metrics.activeExecutions.set(this.holds.count);
  }

  /** @param endedAt milliseconds, by the database's clock. */
  ended({ workflow_id, start_time, pass, trigger_type }: ClaimedExecution, status: string, endedAt: number): void {
    // A part of an execution counts when that one ends.
    if (pass !== null || trigger_type === TEST_TRIGGER) return;
    this.metrics.executionEnded(workflow_id, status, Math.max(0, endedAt - start_time.getTime()) / 1000);
  }

  released(): void {
    this.metrics.activeExecutions.set(this.holds.count);
  }

  stepEnded(type: string, status: string, durationMs: number): void {
    this.metrics.stepDuration.observe({ type, status }, durationMs / 1000);
  }

  retried(type: string): void {
    this.metrics.retries.inc({ type });
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../../common/config/app-config.js';
import type { ClaimedExecution } from './claim.statement.js';
import type { EndState } from './end-of-run.js';
import type { EndedStep } from './run-services.js';

/** Lines about executions in the server's own log, with the names of operations.md. Ends at `info`, steps at `debug`. */
@Injectable()
export class Journal {
  private readonly logger = new Logger('Engine');
  /** Building a line that nobody reads would cost as much as one that somebody does. */
  private readonly tellsEnds: boolean;
  private readonly tellsSteps: boolean;

  constructor(config: AppConfig) {
    this.tellsSteps = config.logLevel === 'debug' || config.logLevel === 'trace';
    this.tellsEnds = this.tellsSteps || config.logLevel === 'info';
  }

  executionEnded(claimed: ClaimedExecution, end: EndState, durationMs: number): void {
    if (end.error === null && !this.tellsEnds) return;
    const { id: execution_id, workflow_id, trigger_type } = claimed;
    const line = {
      message: end.error === null ? `execution ${end.status}` : `execution ${end.status}: ${end.error.code}`,
      event: 'execution_ended',
      trigger_type,
      workflow_id,
      execution_id,
      step_path: end.error?.step_path ?? undefined,
      duration_ms: Math.round(durationMs),
      status: end.status,
    };
    if (end.status === 'failed' || end.status === 'timed_out') this.logger.warn(line);
    else if (this.tellsEnds) this.logger.log(line);
  }

  stepEnded(step: EndedStep): void {
    if (!this.tellsSteps) return;
    const { stepPath, type, status, errorCode } = step;
    this.logger.debug({
      message: `step ${stepPath} (${type}) ${status}${errorCode === null ? '' : `: ${errorCode}`}`,
      event: 'step_ended',
      trigger_type: step.triggerType,
      workflow_id: step.workflowId,
      execution_id: step.executionId,
      step_path: stepPath,
      attempt: step.attempt,
      duration_ms: step.durationMs,
      status,
    });
  }
}

import type { AbortReason } from '../../nodes/node.contract.js';
import { startAttempt, type Attempt, type AttemptResult } from './attempt.js';
import type { Bell } from './bell.js';
import type { RunScope } from './run-scope.js';
import type { StepRecord } from './step-record.js';
import type { PreparedStep } from './step-runner.js';

/** An attempt that is over, and whose step does not know it yet. */
export interface FinishedAttempt {
  readonly record: StepRecord;
  readonly result: AttemptResult;
}

/** The attempts that a hold of an execution has started and not taken notice of: each rings when it is over. */
export class AttemptsUnderWay {
  private readonly byRecord = new Map<StepRecord, Attempt>();
  private finished: FinishedAttempt[] = [];

  constructor(
    private readonly run: RunScope,
    private readonly bell: Bell,
  ) {}

  /** Those that run, and those that are over and were not taken. */
  get size(): number {
    return this.byRecord.size;
  }

  get hasFinished(): boolean {
    return this.finished.length > 0;
  }

  start({ record, node, context }: PreparedStep): void {
    const { trace } = this.run;
    this.tellStart(record);
    const start = (): Attempt => startAttempt(node, context, this.run.log.forStep(record), record.step.timeoutMs);
    const attempt = trace === null ? start() : trace.within(record, start);
    this.byRecord.set(record, attempt);
    void attempt.result.then((result) => {
      this.finished.push({ record, result });
      this.bell.ring();
    });
  }

  /** For those that run here and now as well: tells plugins that a step begins. */
  tellStart({ path, step, fields }: StepRecord): void {
    const { id: executionId, workflow_id: workflowId } = this.run.claimed;
    const { attempt } = fields;
    this.run.services.hooks?.onStepStart({ executionId, workflowId, stepPath: path, type: step.type, attempt });
  }

  abort(record: StepRecord, reason: AbortReason): void {
    this.byRecord.get(record)?.abort(reason);
  }

  abortAll(reason: AbortReason): void {
    for (const attempt of this.byRecord.values()) attempt.abort(reason);
  }

  /** They count as under way no longer. */
  takeFinished(): readonly FinishedAttempt[] {
    const taken = this.finished;
    if (taken.length === 0) return taken;
    this.finished = [];
    for (const { record } of taken) this.byRecord.delete(record);
    return taken;
  }
}

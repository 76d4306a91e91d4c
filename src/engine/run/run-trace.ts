import { childOf, readStored, spanIdOf, toStored, type TraceContext } from '../../common/tracing/trace-context.js';
import type { SpanReport, Tracing } from '../../common/tracing/tracing.js';
import type { ClaimedExecution } from './claim.statement.js';
import type { StepRecord } from './step-record.js';

type Traced = Pick<ClaimedExecution, 'id' | 'workflow_id' | 'version' | 'attempt' | 'trigger_type' | 'trace_parent'>;

/**
 * The spans of an execution: one for each attempt of it, and below that one for each attempt of a step. Their ids follow from
 * what they are, so that they fit together whoever reports them, also after the loss of an owner: each is reported when it
 * is over, by whoever ends it.
 */
export class RunTrace {
  private readonly parent: TraceContext | null;
  private readonly execution: TraceContext;
  /** Over, but not recorded yet. */
  private ended: SpanReport[] = [];

  constructor(
    private readonly tracing: Tracing,
    private readonly claimed: Traced,
  ) {
    this.parent = readStored(claimed.trace_parent);
    const spanId = spanIdOf(`${claimed.id}:${claimed.attempt}`);
    this.execution = { ...traceOf(claimed.id, this.parent), spanId };
  }

  /** @param endedAt as `startedAt`: milliseconds, by the database's clock. */
  executionEnded(status: string, startedAt: number, endedAt: number, error: string | null): void {
    const { id, workflow_id, version, attempt, trigger_type } = this.claimed;
    this.tracing.report({
      name: 'execution',
      kind: 'internal',
      context: this.execution,
      parent: this.parent,
      startedAt,
      endedAt,
      attributes: {
        'millrace.execution.id': id,
        'millrace.workflow.id': workflow_id,
        'millrace.workflow.version': version,
        'millrace.execution.attempt': attempt,
        'millrace.execution.status': status,
        'millrace.trigger.type': trigger_type,
      },
      error,
    });
  }

  /** Starts the work of an attempt within its span. */
  within<T>({ fields }: StepRecord, work: () => T): T {
    return this.tracing.run(this.contextOf(fields.id, fields.attempt), work);
  }

  /** The checkpoint that records them was kept; or lost, and whoever has the execution now tells what became of them. */
  recorded(isKept: boolean): void {
    if (isKept) for (const span of this.ended) this.tracing.report(span);
    this.ended = [];
  }

  /** To be called before the record goes on to its next attempt. */
  attemptEnded(record: StepRecord, endedAt: number, error: string | null): void {
    const { fields, step, path, attemptBeganAt } = record;
    this.ended.push({
      name: `step ${step.type}`,
      kind: 'internal',
      context: this.contextOf(fields.id, fields.attempt),
      parent: this.execution,
      startedAt: attemptBeganAt ?? endedAt,
      endedAt,
      attributes: {
        'millrace.execution.id': this.claimed.id,
        'millrace.step.path': path,
        'millrace.step.type': step.type,
        'millrace.step.attempt': fields.attempt,
      },
      error,
    });
  }

  private contextOf(stepExecutionId: string, attempt: number): TraceContext {
    return { ...this.execution, spanId: stepSpan(stepExecutionId, attempt) };
  }
}

/** What a child execution stores: the attempt of the step that starts it. @returns null where its parent is in no trace. */
export function traceParentOfChild(
  parentTrace: string | null,
  { stepExecutionId, attempt }: { readonly stepExecutionId: string; readonly attempt: number },
): string | null {
  const context = readStored(parentTrace);
  return context === null ? null : toStored({ ...context, spanId: stepSpan(stepExecutionId, attempt) });
}

const stepSpan = (stepExecutionId: string, attempt: number): string => spanIdOf(`${stepExecutionId}:${attempt}`);

/** One that was accepted while no traces were sent begins its own; the same for all that report of it. */
function traceOf(id: string, parent: TraceContext | null): TraceContext {
  return parent ?? { ...childOf(null), traceId: id.replaceAll('-', '') };
}

import { Injectable } from '@nestjs/common';
import { childOf, type TraceContext } from '../../common/tracing/trace-context.js';
import { Tracing } from '../../common/tracing/tracing.js';
import type { ArmedTrigger, Handled } from '../trigger.contract.js';

export interface OccurrenceSpan {
  readonly context: TraceContext;
  readonly parent: TraceContext | null;
  readonly startedAt: number;
}

/** A span for each occurrence: below the request that brought it, else the first of its trace. */
@Injectable()
export class OccurrenceSpans {
  constructor(private readonly tracing: Tracing) {}

  /** @returns null where no traces are sent. */
  begin(): OccurrenceSpan | null {
    if (!this.tracing.isOn) return null;
    const parent = this.tracing.current();
    return { parent, context: childOf(parent), startedAt: Date.now() };
  }

  end(span: OccurrenceSpan | null, { id, type, workflowId }: ArmedTrigger, handled: Handled): void {
    if (span === null) return;
    const { outcome, reason, occurrenceId, executionId } = handled;
    this.tracing.report({
      ...span,
      name: `occurrence ${type}`,
      kind: 'internal',
      endedAt: Date.now(),
      attributes: {
        'millrace.trigger.type': type,
        'millrace.trigger.id': id,
        'millrace.workflow.id': workflowId,
        'millrace.occurrence.outcome': outcome,
        ...(occurrenceId !== null && { 'millrace.occurrence.id': occurrenceId }),
        ...(executionId !== null && { 'millrace.execution.id': executionId }),
        ...(reason !== null && { 'millrace.occurrence.reason': reason.code }),
      },
      error: outcome === 'failed' ? (reason?.code ?? outcome) : null,
    });
  }
}

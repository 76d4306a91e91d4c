import { Logger } from '@nestjs/common';

export interface WorkflowStarted {
  readonly executionId: string;
  readonly workflowId: string;
  readonly version: number;
  readonly triggerType: string;
}

export interface WorkflowCompleted extends WorkflowStarted {
  readonly status: string;
  readonly errorCode: string | null;
}

export interface StepStarted {
  readonly executionId: string;
  readonly workflowId: string;
  readonly stepPath: string;
  readonly type: string;
  readonly attempt: number;
}

export interface StepCompleted extends StepStarted {
  readonly status: string;
  readonly durationMs: number;
  /** null when it did not fail. */
  readonly errorCode: string | null;
}

/** What a plugin may listen to. It is told on the replica that does the work, and nobody waits for it. */
export interface PluginHooks {
  onWorkflowStart?(event: WorkflowStarted): unknown;
  onStepStart?(event: StepStarted): unknown;
  onStepComplete?(event: StepCompleted): unknown;
  onWorkflowComplete?(event: WorkflowCompleted): unknown;
}

export const HOOK_NAMES = ['onWorkflowStart', 'onStepStart', 'onStepComplete', 'onWorkflowComplete'] as const;

/** Tells all plugins. A hook that throws, or rejects, is logged and changes nothing. */
export class Hooks implements Required<PluginHooks> {
  private readonly log = new Logger('Plugins');

  constructor(private readonly all: readonly PluginHooks[]) {}

  onWorkflowStart(event: WorkflowStarted): void {
    for (const hooks of this.all) this.guard('onWorkflowStart', () => hooks.onWorkflowStart?.(event));
  }

  onStepStart(event: StepStarted): void {
    for (const hooks of this.all) this.guard('onStepStart', () => hooks.onStepStart?.(event));
  }

  onStepComplete(event: StepCompleted): void {
    for (const hooks of this.all) this.guard('onStepComplete', () => hooks.onStepComplete?.(event));
  }

  onWorkflowComplete(event: WorkflowCompleted): void {
    for (const hooks of this.all) this.guard('onWorkflowComplete', () => hooks.onWorkflowComplete?.(event));
  }

  private guard(name: string, call: () => unknown): void {
    const failed = (error: unknown): void =>
      this.log.warn({ message: `the hook ${name} of a plugin failed`, err: error });
    try {
      const result = call();
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

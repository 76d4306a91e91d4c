import type { ExecutionStatus } from './engine.contract.js';

export interface FinishedExecution {
  readonly id: string;
  readonly status: ExecutionStatus;
  readonly output: unknown;
  readonly error: { readonly code: string; readonly message: string; readonly step_path: string | null } | null;
}

/** Lets a caller await the end of an execution that any replica may run. Start it with `awaited: true`. */
export abstract class ExecutionEnds {
  /** @returns null when it has not ended after `timeoutMs` milliseconds. */
  abstract wait(executionId: string, timeoutMs: number): Promise<FinishedExecution | null>;
}

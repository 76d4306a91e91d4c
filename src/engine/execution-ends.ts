import type { WebhookResponse } from '../nodes/node.contract.js';
import type { ExecutionStatus } from './engine.contract.js';

export interface FinishedExecution {
  readonly id: string;
  readonly status: ExecutionStatus;
  readonly output: unknown;
  readonly error: { readonly code: string; readonly message: string; readonly step_path: string | null } | null;
}

/** What a `respond` step has said; or that the execution has ended and none has said anything. */
export type Responded =
  | { readonly kind: 'response'; readonly response: WebhookResponse }
  | { readonly kind: 'ended'; readonly finished: FinishedExecution };

/** Lets a caller await the end of an execution that any replica may run. Start it with `awaited: true`. */
export abstract class ExecutionEnds {
  /** @returns null when it has not ended after `timeoutMs` milliseconds. */
  abstract wait(executionId: string, timeoutMs: number): Promise<FinishedExecution | null>;

  /** Resolves once a response is committed. @returns null when there is neither that nor the end after `timeoutMs`. */
  abstract waitForResponse(executionId: string, timeoutMs: number): Promise<Responded | null>;
}

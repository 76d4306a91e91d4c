/** Asks executions to end, for those who stand above the engine. */
export abstract class ExecutionCancels {
  /** Returns when each was asked; one that has ended meanwhile is left as it is. */
  abstract request(executionIds: readonly string[], reason: string): Promise<void>;
}

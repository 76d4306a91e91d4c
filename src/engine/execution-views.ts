/** Executions as the API shows them (api.md, field names of the entities). */
export abstract class ExecutionViews {
  /** @throws ExecutionNotFoundError (404 `execution_not_found`) */
  abstract get(executionId: string): Promise<Record<string, unknown>>;

  /** null: it is not there any more. */
  abstract status(executionId: string): Promise<string | null>;

  /** The same with its whole output, however big. */
  abstract finished(executionId: string): Promise<Record<string, unknown>>;
}

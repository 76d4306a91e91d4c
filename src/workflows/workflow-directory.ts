export const WORKFLOW_STATUSES = ['draft', 'active', 'paused', 'archived'] as const;
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];

/** A workflow as other modules need it. */
export interface WorkflowSummary {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: WorkflowStatus;
  /** The latest version. */
  readonly version: number;
  readonly ownerId: string | null;
  readonly isTemplate: boolean;
}

/** Called after the change is committed, on the replica that made it; the caller's answer waits for it. */
export type StatusListener = (workflow: WorkflowSummary, from: WorkflowStatus) => void | Promise<void>;

/** Port: what other modules may know and change of a workflow. */
export abstract class WorkflowDirectory {
  /** @throws WorkflowNotFoundError 404 `workflow_not_found` */
  abstract get(idOrSlug: string): Promise<WorkflowSummary>;
  /**
   * Moves the status as the transition table allows; nothing happens when it is there already.
   * @throws WorkflowNotFoundError 404; WorkflowStateError 409 `workflow_state` when the status cannot become that.
   */
  abstract changeStatus(id: string, to: WorkflowStatus): Promise<WorkflowSummary>;
  /** The deployment module arms and disarms by this when somebody pauses, resumes or archives. */
  abstract onStatusChange(listener: StatusListener): void;
}

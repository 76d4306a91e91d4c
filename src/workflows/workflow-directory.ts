import type { PoolClient } from 'pg';

export type WorkflowStatus = 'draft' | 'active' | 'paused' | 'archived';

/** What other modules may know of a workflow. */
export interface WorkflowEntry {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: WorkflowStatus;
  /** The latest version. */
  readonly version: number;
  readonly ownerId: string | null;
}

/**
 * The signal that tells every replica of a workflow's new status: `{workflow_id, status}`. Whoever commits a change of
 * status publishes it; the triggers module drops what it keeps of the workflow in memory.
 */
export const WORKFLOW_STATUS_SIGNAL = 'workflow.status';

/** Looks workflows up and moves their status. */
export abstract class WorkflowDirectory {
  /** @throws WorkflowNotFoundError (404 `workflow_not_found`) */
  abstract get(idOrSlug: string): Promise<WorkflowEntry>;

  /**
   * Moves the status in the caller's transaction, along `draft -> active <-> paused -> archived`; the same status again is
   * no change and no error. The caller publishes `WORKFLOW_STATUS_SIGNAL` after the commit.
   * @throws WorkflowStateError (409 `workflow_state`) when the state it is in does not lead there.
   */
  abstract changeStatus(client: PoolClient, workflowId: string, status: WorkflowStatus): Promise<void>;
}

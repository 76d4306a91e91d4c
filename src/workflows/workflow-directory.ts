import type { PoolClient } from 'pg';
import type { Caller } from '../common/api/requires.js';
import type { WorkflowStatus } from './workflow-status.js';

export type { WorkflowStatus } from './workflow-status.js';

/** What other modules may know of a workflow. */
export interface WorkflowEntry {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: WorkflowStatus;
  /** The latest version. */
  readonly version: number;
  readonly ownerId: string | null;
  readonly isTemplate: boolean;
}

/**
 * The signal that tells every replica of a workflow's new status: `{workflow_id, status}`. Whoever commits a change of
 * status publishes it; the triggers module drops what it keeps of the workflow in memory.
 */
export const WORKFLOW_STATUS_SIGNAL = 'workflow.status';

/** Port: looks workflows up and moves their status. */
export abstract class WorkflowDirectory {
  /**
   * @param caller when given, a workflow that this caller may not see does not exist for it.
   * @throws WorkflowNotFoundError (404 `workflow_not_found`)
   */
  abstract get(idOrSlug: string, caller?: Caller): Promise<WorkflowEntry>;

  /**
   * Moves the status in the caller's transaction, as the table of workflow-status.ts allows; the same status again is no
   * change and no error. The caller publishes `WORKFLOW_STATUS_SIGNAL` after the commit.
   * @throws WorkflowNotFoundError (404), WorkflowStateError (409 `workflow_state`)
   */
  abstract changeStatus(client: PoolClient, workflowId: string, status: WorkflowStatus): Promise<void>;
}

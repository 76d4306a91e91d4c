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
  /** The version in force; null while none is deployed. */
  readonly deployedVersion: number | null;
  readonly ownerId: string | null;
  readonly isTemplate: boolean;
}

/**
 * The signal that tells every replica of a workflow's new status: `{workflow_id, status}`. Whoever commits a change of
 * status publishes it; the triggers module drops what it keeps of the workflow in memory.
 */
export const WORKFLOW_STATUS_SIGNAL = 'workflow.status';

/**
 * Runs in the transaction that changes the status, so that what follows from it (triggers held or let go) commits with
 * it; the returned function runs after the commit, before the caller is answered.
 */
export type StatusListener = (
  client: PoolClient,
  workflow: WorkflowEntry,
  to: WorkflowStatus,
) => Promise<(() => void | Promise<void>) | undefined>;

/** Port: looks workflows up and moves their status. */
export abstract class WorkflowDirectory {
  /**
   * @param caller when given, a workflow that this caller may not see does not exist for it.
   * @throws WorkflowNotFoundError (404 `workflow_not_found`)
   */
  abstract get(idOrSlug: string, caller?: Caller): Promise<WorkflowEntry>;

  /** The ids of an owner's workflows. */
  abstract idsOf(ownerId: string): Promise<readonly string[]>;

  /**
   * Holds the workflow's row until the caller's transaction ends.
   * @param revisions those that the client's `If-Match` names; null: any.
   * @returns its status at this moment.
   * @throws WorkflowNotFoundError (404), RevisionMismatchError (412 `revision_mismatch`)
   */
  abstract hold(client: PoolClient, workflowId: string, revisions: readonly number[] | null): Promise<WorkflowStatus>;

  /**
   * Keeps the workflow in its state and its version in force until the caller's transaction ends, beside others who do the
   * same. Whoever changes a trigger calls it before it locks that: as who deploys, or pauses, the workflow, who would
   * otherwise wait for the trigger while the trigger's foreign key waits for the workflow.
   * @returns its status at this moment.
   * @throws WorkflowNotFoundError (404)
   */
  abstract keep(client: PoolClient, workflowId: string): Promise<WorkflowStatus>;

  /**
   * Moves the status in the caller's transaction, as the table of workflow-status.ts allows; the same status again is no
   * change and no error. The caller publishes `WORKFLOW_STATUS_SIGNAL` after the commit.
   * @throws WorkflowNotFoundError (404), WorkflowStateError (409 `workflow_state`)
   */
  abstract changeStatus(client: PoolClient, workflowId: string, status: WorkflowStatus): Promise<void>;

  /** Which version is in force from this transaction on; null: none. Called by the deployment module only. */
  abstract setDeployedVersion(client: PoolClient, workflowId: string, version: number | null): Promise<void>;

  /** Called for changes by the workflow's own routes (pause, resume, archive), not for those by `changeStatus`. */
  abstract onStatusChange(listener: StatusListener): void;
}

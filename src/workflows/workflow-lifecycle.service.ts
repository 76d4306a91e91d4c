import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { maySee } from '../common/api/owner.js';
import { noteBefore } from '../common/api/audit.js';
import type { Caller } from '../common/api/requires.js';
import { Signals } from '../common/signals/signals.contract.js';
import { WORKFLOW_STATUS_SIGNAL, WorkflowDirectory, type WorkflowEntry } from './workflow-directory.js';
import { WORKFLOW_VERBS, type WorkflowStatus, type WorkflowVerb } from './workflow-status.js';
import { WorkflowRepository } from './workflow.repository.js';
import { WorkflowNotFoundError, WorkflowStateError } from './workflows.errors.js';

/** Moves workflows through their states, and shows them to other modules. */
@Injectable()
export class WorkflowLifecycle extends WorkflowDirectory {
  constructor(
    private readonly workflows: WorkflowRepository,
    private readonly signals: Signals,
  ) {
    super();
  }

  override async get(idOrSlug: string, caller?: Caller): Promise<WorkflowEntry> {
    const found = await this.workflows.find(idOrSlug);
    if (caller !== undefined && !maySee(caller, found.ownerId)) throw new WorkflowNotFoundError(idOrSlug);
    const { id, slug, name, status, version, ownerId, isTemplate } = found;
    return { id, slug, name, status, version, ownerId, isTemplate };
  }

  override changeStatus(client: PoolClient, workflowId: string, status: WorkflowStatus): Promise<void> {
    return this.workflows.moveStatus(client, workflowId, status);
  }

  /** @throws WorkflowStateError (409) when the verb does not fit the state; RevisionMismatchError (412) */
  async perform(verb: WorkflowVerb, idOrSlug: string, ifMatch: readonly number[] | null, caller: Caller): Promise<WorkflowEntry> {
    const found = await this.get(idOrSlug, caller);
    const { from, to } = WORKFLOW_VERBS[verb];
    noteBefore(caller, { status: found.status });
    await this.workflows.change(found.id, ifMatch, caller.actor, ({ status }) => {
      if (!(from as readonly WorkflowStatus[]).includes(status)) throw new WorkflowStateError(status, to);
      return { status: to };
    });
    await this.signals.publish(WORKFLOW_STATUS_SIGNAL, { workflow_id: found.id, status: to });
    return { ...found, status: to };
  }
}

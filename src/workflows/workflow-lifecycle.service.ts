import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { maySee } from '../common/api/owner.js';
import { noteBefore } from '../common/api/audit.js';
import type { Caller } from '../common/api/requires.js';
import { Database } from '../common/database/database.js';
import { Signals } from '../common/signals/signals.contract.js';
import {
  type StatusListener,
  WORKFLOW_STATUS_SIGNAL,
  WorkflowDirectory,
  type WorkflowEntry,
} from './workflow-directory.js';
import { WORKFLOW_VERBS, type WorkflowStatus, type WorkflowVerb } from './workflow-status.js';
import { WorkflowRepository } from './workflow.repository.js';
import { WorkflowNotFoundError, WorkflowStateError } from './workflows.errors.js';

/** Moves workflows through their states, and shows them to other modules. */
@Injectable()
export class WorkflowLifecycle extends WorkflowDirectory {
  private readonly listeners: StatusListener[] = [];

  constructor(
    private readonly workflows: WorkflowRepository,
    private readonly database: Database,
    private readonly signals: Signals,
  ) {
    super();
  }

  override async get(idOrSlug: string, caller?: Caller): Promise<WorkflowEntry> {
    const found = await this.workflows.find(idOrSlug);
    if (caller !== undefined && !maySee(caller, found.ownerId)) throw new WorkflowNotFoundError(idOrSlug);
    const { id, slug, name, status, version, deployedVersion, ownerId, isTemplate } = found;
    return { id, slug, name, status, version, deployedVersion, ownerId, isTemplate };
  }

  override idsOf(ownerId: string): Promise<readonly string[]> {
    return this.workflows.idsOf(ownerId);
  }

  override async hold(client: PoolClient, workflowId: string, revisions: readonly number[] | null) {
    return (await this.workflows.lock(client, workflowId, revisions)).status;
  }

  override keep(client: PoolClient, workflowId: string): Promise<WorkflowStatus> {
    return this.workflows.keep(client, workflowId);
  }

  override changeStatus(client: PoolClient, workflowId: string, status: WorkflowStatus): Promise<void> {
    return this.workflows.moveStatus(client, workflowId, status);
  }

  override setDeployedVersion(client: PoolClient, workflowId: string, version: number | null): Promise<void> {
    return this.workflows.setDeployedVersion(client, workflowId, version);
  }

  override onStatusChange(listener: StatusListener): void {
    this.listeners.push(listener);
  }

  /** @throws WorkflowStateError (409) when the verb does not fit the state; RevisionMismatchError (412) */
  async perform(
    verb: WorkflowVerb,
    idOrSlug: string,
    ifMatch: readonly number[] | null,
    caller: Caller,
  ): Promise<string> {
    const found = await this.get(idOrSlug, caller);
    const followUps = await this.database.transaction((client) => this.move(client, found, verb, ifMatch, caller));
    for (const followUp of followUps) await followUp?.();
    return found.id;
  }

  private async move(
    client: PoolClient,
    found: WorkflowEntry,
    verb: WorkflowVerb,
    ifMatch: readonly number[] | null,
    caller: Caller,
  ) {
    const { from, to } = WORKFLOW_VERBS[verb];
    const { status } = await this.workflows.lock(client, found.id, ifMatch);
    if (!(from as readonly WorkflowStatus[]).includes(status)) throw new WorkflowStateError(status, to);
    noteBefore(caller, { status });
    await this.workflows.moveStatus(client, found.id, to);
    const followUps = [];
    for (const listener of this.listeners) followUps.push(await listener(client, { ...found, status }, to));
    await this.signals.publishWithin(client, WORKFLOW_STATUS_SIGNAL, { workflow_id: found.id, status: to });
    return followUps;
  }
}

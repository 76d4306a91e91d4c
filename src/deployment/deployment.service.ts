import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { scopeOwner } from '../common/api/owner.js';
import type { Caller } from '../common/api/requires.js';
import { AppConfig } from '../common/config/app-config.js';
import { Database, type SqlClient } from '../common/database/database.js';
import { AppError, type Fault } from '../common/errors/app-error.js';
import { isId } from '../common/ids.js';
import { decodeCursor, pageOf, type Page } from '../common/page.js';
import { Signals } from '../common/signals/signals.contract.js';
import type { PlannedTrigger } from '../definition/plan.js';
import { InForce, type VersionInForce } from '../triggers/in-force.js';
import { MissingSecrets } from '../triggers/missing-secrets.js';
import { Notifier } from '../triggers/notifications/notifier.service.js';
import { TriggerArming, type Armed, type ArmingOrder } from '../triggers/trigger-arming.js';
import { TriggerDrafts } from '../triggers/trigger-draft.js';
import { TriggerManager } from '../triggers/trigger-manager.js';
import type { TriggerDraft } from '../triggers/trigger.row.js';
import { TriggerService } from '../triggers/trigger.service.js';
import type { TriggerView } from '../triggers/trigger.view.js';
import { heldBy } from '../triggers/workflow-holds.js';
import { WorkflowDirectory, WORKFLOW_STATUS_SIGNAL, type WorkflowStatus } from '../workflows/workflow-directory.js';
import { WorkflowPlans } from '../workflows/workflow-plans.js';
import { DeploymentInvalidError, NothingDeployedError, WorkflowArchivedError } from './deployment.errors.js';
import { DeploymentRepository, type NewDeployment } from './deployment.repository.js';
import { deploymentView, type DeploymentRow, type DeploymentView } from './deployment.row.js';

export interface DeployOrder {
  /** null: the latest. */
  readonly version: number | null;
  readonly mode: 'execute' | 'notify' | null;
  /** The revisions of the workflow that the client's `If-Match` names; null: any. */
  readonly revisions: readonly number[] | null;
}

/** What a deployment has put in force. */
interface InPlace {
  /** Nothing was in force before. */
  readonly isFirst: boolean;
  readonly row: DeploymentRow;
  readonly armed: Armed;
  /** The workflow's, from now on. */
  readonly status: WorkflowStatus;
}

export interface Deployed extends DeploymentView {
  triggers: TriggerView[];
  warnings: { code: string; message: string; trigger: string | null; at: string | null }[];
}

const PRECONDITION_FAILED = 412;

/** Puts versions in force: checks, then the deployment and its armed triggers in one transaction. */
@Injectable()
export class DeploymentService implements OnModuleInit {
  constructor(
    private readonly deployments: DeploymentRepository,
    private readonly workflows: WorkflowDirectory,
    private readonly plans: WorkflowPlans,
    private readonly drafts: TriggerDrafts,
    private readonly arming: TriggerArming,
    private readonly manager: TriggerManager,
    private readonly triggers: TriggerService,
    private readonly notifier: Notifier,
    private readonly inForce: InForce,
    private readonly missing: MissingSecrets,
    private readonly signals: Signals,
    private readonly database: Database,
    private readonly settings: AppConfig,
  ) {}

  onModuleInit(): void {
    this.inForce.readBy((workflowId, client) => this.versionInForce(workflowId, client));
    this.workflows.onStatusChange(async (client, workflow, to) => {
      if (to !== 'archived') return;
      await this.withdrawWithin(client, workflow.id);
      return () => this.manager.announce();
    });
  }

  /**
   * @returns `isFirst`: nothing was in force before.
   * @throws RevisionMismatchError 412; DeploymentInvalidError 422; RouteTakenError, WorkflowArchivedError 409
   */
  async deploy(
    idOrSlug: string,
    order: DeployOrder,
    caller: Caller,
  ): Promise<{ isFirst: boolean; deployed: Deployed }> {
    const workflow = await this.workflows.get(idOrSlug, caller);
    if (workflow.status === 'archived') throw new WorkflowArchivedError(workflow.id);
    const version = order.version ?? workflow.version;
    const { plan } = await this.plans.get(workflow.id, version);
    const drafts = this.checked(plan.triggers, order.mode);
    const wanted = { workflowId: workflow.id, version, mode: order.mode, createdBy: caller.actor };
    const force = { drafts, retentionMs: plan.retentionMs ?? null };
    const { isFirst, row, armed, status } = await this.commit(wanted, force, order.revisions);
    await this.signals.publish(WORKFLOW_STATUS_SIGNAL, { workflow_id: workflow.id, status });
    await this.manager.announce();
    const ofTriggers = armed.warnings.map((warning) => ({ ...warning, at: warning.at?.toISOString() ?? null }));
    const warnings = [...ofTriggers, ...(await this.missing.of(plan)).map(secretMissing)];
    return {
      isFirst,
      deployed: { ...deploymentView(row), triggers: await this.triggers.ofWorkflow(workflow.id, caller), warnings },
    };
  }

  /**
   * An active workflow is a draft again.
   * @throws NothingDeployedError 409; RevisionMismatchError 412
   */
  async undeploy(
    idOrSlug: string,
    revisions: readonly number[] | null,
    caller: Caller,
  ): Promise<{ workflow_id: string; status: 'undeployed' }> {
    const { id } = await this.workflows.get(idOrSlug, caller);
    if (!(await this.withdraw(id, revisions))) throw new NothingDeployedError(id);
    return { workflow_id: id, status: 'undeployed' };
  }

  async status(idOrSlug: string, caller: Caller): Promise<Record<string, unknown>> {
    const { id, status: workflowStatus } = await this.workflows.get(idOrSlug, caller);
    const row = (await this.deployments.inForce(id)) ?? (await this.deployments.history(id, 1, undefined))[0];
    const triggers = await this.triggers.ofWorkflow(id, caller);
    const deployment =
      row === undefined ? { workflow_id: id, status: 'undeployed', version: null } : deploymentView(row);
    return { ...deployment, workflow_status: workflowStatus, triggers };
  }

  async history(
    idOrSlug: string,
    caller: Caller,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<DeploymentView>> {
    const { id } = await this.workflows.get(idOrSlug, caller);
    return pageOf(await this.deployments.history(id, limit, idOf(cursor)), limit, (row) => row.id, deploymentView);
  }

  /** Of the workflows that the caller may see. */
  async list(caller: Caller, limit: number, cursor: string | undefined): Promise<Page<DeploymentView>> {
    const owner = scopeOwner(caller);
    const workflowIds = owner === null ? null : await this.workflows.idsOf(owner);
    const rows = await this.deployments.allInForce(limit, idOf(cursor), workflowIds);
    return pageOf(rows, limit, (row) => row.id, deploymentView);
  }

  private async versionInForce(workflowId: string, client?: SqlClient): Promise<VersionInForce | null> {
    const row = await this.deployments.inForce(workflowId, client);
    if (row === undefined) return null;
    const { plan } = await this.plans.get(workflowId, row.version);
    return { version: row.version, mode: row.mode, retentionMs: plan.retentionMs ?? null };
  }

  private checked(planned: readonly PlannedTrigger[], mode: DeployOrder['mode']): TriggerDraft[] {
    const faults: Fault[] = planned.flatMap((draft, index) =>
      this.drafts.faults(draft).map((fault) => ({ ...fault, path: `triggers[${index}].${fault.path}` })),
    );
    const notifies = planned.some((draft) => (draft.mode ?? mode ?? this.settings.executionMode) === 'notify');
    const mailFault = notifies ? this.notifier.fault() : null;
    if (mailFault !== null) {
      faults.push({
        path: 'mode',
        code: 'notify_unavailable',
        message: `mode "notify" needs a mail server: ${mailFault}`,
      });
    }
    if (faults.length > 0) throw new DeploymentInvalidError(faults);
    return planned.map((draft) => this.drafts.canonical(draft));
  }

  private async commit(
    wanted: NewDeployment,
    force: Omit<ArmingOrder, 'workflowId' | 'version' | 'mode' | 'held'>,
    revisions: readonly number[] | null,
  ): Promise<InPlace> {
    try {
      return await this.database.transaction(async (client) => this.replace(client, wanted, force, revisions));
    } catch (error) {
      // Whoever was overtaken has tried nothing.
      const isTried = error instanceof AppError && error.status !== PRECONDITION_FAILED;
      if (isTried) await this.deployments.recordFailure(wanted, error.message);
      throw error;
    }
  }

  private async replace(
    client: PoolClient,
    wanted: NewDeployment,
    force: Omit<ArmingOrder, 'workflowId' | 'version' | 'mode' | 'held'>,
    revisions: readonly number[] | null,
  ): Promise<InPlace> {
    const status = await this.workflows.hold(client, wanted.workflowId, revisions);
    const held = heldBy(status);
    await this.deployments.lock(client, wanted.workflowId);
    const isFirst = !(await this.deployments.end(client, wanted.workflowId));
    const row = await this.deployments.putInForce(client, wanted);
    const armed = await this.arming.apply(client, { ...wanted, ...force, held });
    await this.workflows.setDeployedVersion(client, wanted.workflowId, wanted.version);
    // Deploying a paused workflow does not resume it.
    if (held === null) await this.workflows.changeStatus(client, wanted.workflowId, 'active');
    return { isFirst, row, armed, status: held === null ? 'active' : status };
  }

  private async withdraw(workflowId: string, revisions: readonly number[] | null): Promise<boolean> {
    const wasDeployed = await this.database.transaction(async (client) => {
      const status = await this.workflows.hold(client, workflowId, revisions);
      const wasInForce = await this.withdrawWithin(client, workflowId);
      if (wasInForce && status === 'active') {
        await this.workflows.changeStatus(client, workflowId, 'draft');
        await this.signals.publishWithin(client, WORKFLOW_STATUS_SIGNAL, { workflow_id: workflowId, status: 'draft' });
      }
      return wasInForce;
    });
    await this.manager.announce();
    return wasDeployed;
  }

  private async withdrawWithin(client: PoolClient, workflowId: string): Promise<boolean> {
    await this.deployments.lock(client, workflowId);
    await this.arming.withdraw(client, workflowId);
    await this.workflows.setDeployedVersion(client, workflowId, null);
    return this.deployments.end(client, workflowId);
  }
}

function secretMissing(name: string): Deployed['warnings'][number] {
  const message = `There is no secret "${name}": what uses it fails until it is set.`;
  return { code: 'secret_missing', message, trigger: null, at: null };
}

function idOf(cursor: string | undefined): string | undefined {
  const id = cursor === undefined ? undefined : decodeCursor(cursor);
  return typeof id === 'string' && isId(id) ? id : undefined;
}

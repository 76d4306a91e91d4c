import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { scopeOwner } from '../common/api/owner.js';
import type { Caller } from '../common/api/requires.js';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../common/config/app-config.js';
import { Database } from '../common/database/database.js';
import type { Fault } from '../common/errors/app-error.js';
import { isId, newId } from '../common/ids.js';
import { decodeCursor, pageOf, type Page } from '../common/page.js';
import type { OccurrenceOutcome } from '../engine/engine.contract.js';
import { WorkflowDirectory } from '../workflows/workflow-directory.js';
import { heldBy } from './workflow-holds.js';
import { Backfills, type BackfillOrder } from './backfill.service.js';
import type { BackfillAnswer } from './backfill.js';
import { InForce } from './in-force.js';
import { Notifier } from './notifications/notifier.service.js';
import { decide } from './occurrences/decide.js';
import { OccurrenceRepository } from './occurrences/occurrence.repository.js';
import { ReplayedFiles } from './occurrences/replayed-files.js';
import { StartAnswers, type StartAnswer } from './start-answer.js';
import { TriggerActivity } from './trigger-activity.js';
import { TriggerArming } from './trigger-arming.js';
import { TriggerCompiler } from './trigger-compiler.js';
import { TriggerDrafts, type TriggerText } from './trigger-draft.js';
import { TriggerManager } from './trigger-manager.js';
import { TriggerHost, type ArmedTrigger, type PreviewedInstant } from './trigger.contract.js';
import { TriggerRegistry } from './trigger-registry.js';
import { TriggerRepository } from './trigger.repository.js';
import type { TriggerDraft, TriggerRow } from './trigger.row.js';
import {
  healthOf,
  keepSecrets,
  occurrenceView,
  triggerView,
  type OccurrenceView,
  type TriggerView,
} from './trigger.view.js';
import {
  NoInstantsError,
  NotDeployedError,
  OccurrenceFailedError,
  OccurrenceNotFoundError,
  OccurrenceRejectedError,
  TriggerInvalidError,
  TriggerNameTakenError,
  TriggerNotFoundError,
  TriggerPausedError,
} from './triggers.errors.js';

export interface OccurrenceQuery {
  readonly outcome?: readonly OccurrenceOutcome[];
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** What a webhook sees where no request came: its fields, empty. */
const NO_REQUEST = { method: 'POST', path: '', params: {}, query: {}, headers: {}, raw_body: null, content_type: null };

/** Triggers as people handle them: look, edit, pause, test, replay, fire. */
@Injectable()
export class TriggerService {
  constructor(
    private readonly triggers: TriggerRepository,
    private readonly occurrences: OccurrenceRepository,
    private readonly replayedFiles: ReplayedFiles,
    private readonly drafts: TriggerDrafts,
    private readonly arming: TriggerArming,
    private readonly manager: TriggerManager,
    private readonly compiler: TriggerCompiler,
    private readonly registry: TriggerRegistry,
    private readonly activity: TriggerActivity,
    private readonly host: TriggerHost,
    private readonly backfills: Backfills,
    private readonly notifier: Notifier,
    private readonly starts: StartAnswers,
    private readonly workflows: WorkflowDirectory,
    private readonly inForce: InForce,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly settings: AppConfig,
  ) {}

  async get(id: string, caller: Caller): Promise<TriggerView> {
    return this.viewOf(await this.row(id, caller));
  }

  async ofWorkflow(idOrSlug: string, caller: Caller): Promise<TriggerView[]> {
    return (await this.statusOf(idOrSlug, caller)).triggers;
  }

  async statusOf(idOrSlug: string, caller: Caller): Promise<{ workflow_id: string; triggers: TriggerView[] }> {
    const { id } = await this.workflows.get(idOrSlug, caller);
    return { workflow_id: id, triggers: await this.views(await this.triggers.ofWorkflow(id)) };
  }

  /** In force at once when the workflow is deployed, else with its next deployment. */
  async create(idOrSlug: string, text: TriggerText, caller: Caller): Promise<TriggerView> {
    const workflow = await this.workflows.get(idOrSlug, caller);
    const draft = this.checked(this.drafts.read(text));
    const row = await this.database.transaction(async (client) => {
      const held = heldBy(await this.workflows.keep(client, workflow.id));
      const deployed = await this.inForce.of(workflow.id, client);
      const names = (await this.triggers.ofWorkflow(workflow.id, client)).map(({ name }) => name);
      const name = text.name ?? freeName(draft.type, names);
      if (names.includes(name)) throw new TriggerNameTakenError(name);
      const saved = await this.triggers.save(client, workflow.id, 'api', { ...draft, name });
      return deployed === null ? saved : this.arming.rearm(client, saved, null, { ...deployed, held });
    });
    await this.manager.announce();
    return this.viewOf(row);
  }

  /** What is left out stays. The next deployment puts back what its definition says of a trigger it names. */
  async update(id: string, text: Partial<TriggerText>, caller: Caller): Promise<TriggerView> {
    const seen = await this.row(id, caller);
    const row = await this.database.transaction(async (client) => {
      const before = await this.lock(client, seen);
      const wanted = this.drafts.read({ ...text, type: text.type ?? before.type });
      const draft = this.checked(this.merged(before, text), faultsOfType(before, wanted));
      const names = (await this.triggers.ofWorkflow(before.workflow_id, client)).filter((one) => one.id !== id);
      if (names.some(({ name }) => name === draft.name)) throw new TriggerNameTakenError(draft.name);
      const saved = await this.triggers.put(client, id, draft);
      const deployed = await this.inForce.of(before.workflow_id, client);
      if (deployed === null) return saved;
      return this.arming.rearm(client, saved, before, { ...deployed, held: before.held });
    });
    await this.manager.announce();
    return this.viewOf(row);
  }

  async remove(id: string, caller: Caller): Promise<void> {
    const seen = await this.row(id, caller);
    await this.database.transaction(async (client) => {
      const row = await this.lock(client, seen);
      await this.arming.disarm(client, [row]);
      await this.triggers.remove(client, [id]);
    });
    await this.manager.announce();
  }

  /** Occurrences go on being recorded, as `skipped`, so that its cursor and the ledger have no hole. */
  async pause(id: string, reason: string, caller: Caller): Promise<TriggerView> {
    return this.setPaused(id, reason === '' ? 'paused' : reason, caller);
  }

  async resume(id: string, caller: Caller): Promise<TriggerView> {
    return this.setPaused(id, null, caller);
  }

  /** What would become of this payload; nothing is recorded and nothing starts. */
  async test(id: string, payload: unknown, caller: Caller): Promise<Record<string, unknown>> {
    const trigger = this.compiler.compile(await this.row(id, caller));
    const defaultInput = this.registry.get(trigger.type).defaultInput(payload);
    const seen = {
      occurredAt: this.clock.date(),
      scheduledFor: null,
      payload,
      key: null,
      keyTtlMs: null,
      defaultInput,
    };
    const { outcome, reason, request } = decide(trigger, seen, newId(), this.settings.variables);
    return { outcome, reason, input: request.execution?.input ?? null, dedup_key: request.key?.key ?? null };
  }

  async preview(id: string, count: number, caller: Caller): Promise<readonly PreviewedInstant[]> {
    const trigger = this.compiler.compile(await this.row(id, caller));
    const items = this.registry.get(trigger.type).preview(trigger, this.clock.date(), count);
    if (items === null) throw new NoInstantsError(trigger.type);
    return items;
  }

  async backfill(id: string, order: BackfillOrder, caller: Caller): Promise<BackfillAnswer> {
    const trigger = order.dryRun ? this.compiler.compile(await this.row(id, caller)) : await this.armed(id, caller);
    return this.backfills.start(trigger, order);
  }

  async listOccurrences(id: string, query: OccurrenceQuery, caller: Caller): Promise<Page<OccurrenceView>> {
    await this.row(id, caller);
    const before = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const rows = await this.occurrences.list(id, {
      outcomes: query.outcome,
      from: query.from === undefined ? undefined : new Date(query.from),
      to: query.to === undefined ? undefined : new Date(query.to),
      before: typeof before === 'string' && isId(before) ? before : undefined,
      limit: query.limit,
    });
    return pageOf(rows, query.limit, (row) => row.id, occurrenceView);
  }

  /**
   * Starts it again, by the trigger as it is now, and marks the new occurrence.
   * @param key of the caller; the same one replays an occurrence once.
   */
  async replay(occurrenceId: string, key: string | null, caller: Caller): Promise<StartAnswer> {
    const occurrence = isId(occurrenceId) ? await this.occurrences.find(occurrenceId) : undefined;
    if (occurrence === undefined) throw new OccurrenceNotFoundError(occurrenceId);
    if (occurrence.outcome === 'rejected') throw new OccurrenceRejectedError(occurrence.id);
    const trigger = await this.armed(occurrence.trigger_id, caller);
    const { payload, files } = await this.replayedFiles.of(occurrence);
    const handled = await this.host.handle(trigger, {
      occurredAt: this.clock.date(),
      scheduledFor: occurrence.scheduled_for,
      payload,
      key: key === null ? null : `replay:${occurrence.id}:${key}`,
      keyTtlMs: null,
      defaultInput: this.registry.get(trigger.type).defaultInput(payload),
      replayOf: occurrence.id,
      files,
      withholdsSecrets: this.registry.get(trigger.type).withholdsSecrets(payload),
    });
    if (handled.outcome === 'failed') throw new OccurrenceFailedError(handled.reason?.detail ?? '');
    return this.starts.of(trigger.workflowId, handled);
  }

  /** Fires a workflow's webhook in the name of a caller of the API, without the sender's own proof. */
  async fireWebhook(
    idOrSlug: string,
    body: unknown,
    key: string | null,
    caller: Caller,
    isAwaited: boolean,
  ): Promise<StartAnswer> {
    const workflow = await this.workflows.get(idOrSlug, caller);
    const row = (await this.triggers.ofWorkflow(workflow.id)).find(
      (one) => one.type === 'webhook' && one.armed_at !== null,
    );
    if (row === undefined) throw new NotDeployedError(workflow.id);
    return this.fire(row.id, body, key, caller, isAwaited);
  }

  /** Fires a trigger in force as though it had seen this payload; of a webhook it is the body. */
  async fire(id: string, given: unknown, key: string | null, caller: Caller, isAwaited = false): Promise<StartAnswer> {
    const trigger = await this.armed(id, caller);
    const isWebhook = trigger.type === 'webhook';
    const payload = isWebhook ? { ...NO_REQUEST, body: given, by: caller.actor } : (given ?? {});
    const handled = await this.host.handle(trigger, {
      occurredAt: this.clock.date(),
      scheduledFor: null,
      payload,
      key,
      keyTtlMs: null,
      defaultInput: isWebhook ? (given ?? {}) : this.registry.get(trigger.type).defaultInput(payload),
      awaited: isAwaited,
      order: { variables: {}, priority: null, createdBy: caller.actor },
      withholdsSecrets: this.registry.get(trigger.type).withholdsSecrets(payload),
    });
    if (handled.outcome === 'failed') throw new OccurrenceFailedError(handled.reason?.detail ?? '');
    return this.starts.of(trigger.workflowId, handled);
  }

  /** Of the workflows that the caller may see. */
  async allInForce(limit: number, caller: Caller): Promise<TriggerView[]> {
    const owner = scopeOwner(caller);
    const workflowIds = owner === null ? null : await this.workflows.idsOf(owner);
    return this.views(await this.triggers.allInForce(limit, workflowIds));
  }

  private async setPaused(id: string, reason: string | null, caller: Caller): Promise<TriggerView> {
    const { workflow_id } = await this.row(id, caller);
    const row = await this.database.transaction(async (client) => {
      await this.workflows.keep(client, workflow_id);
      await this.arming.quiet(client, [id]);
      return this.triggers.setPaused(client, id, reason);
    });
    if (row === undefined) throw new TriggerNotFoundError(id);
    await this.manager.announce();
    return this.viewOf(row);
  }

  private async lock(client: PoolClient, { id, workflow_id }: TriggerRow): Promise<TriggerRow> {
    await this.workflows.keep(client, workflow_id);
    const row = await this.triggers.lock(client, id);
    if (row === undefined) throw new TriggerNotFoundError(id);
    return row;
  }

  private merged(row: TriggerRow, text: Partial<TriggerText>): TriggerDraft {
    const fresh = this.drafts.read({ ...text, type: row.type });
    const has = (name: keyof TriggerText): boolean => text[name] !== undefined;
    return {
      type: row.type,
      name: text.name ?? row.name,
      config: text.config === undefined ? row.config : keepSecrets(text.config, row.config),
      isEnabled: text.is_enabled ?? row.is_enabled,
      filter: has('filter') ? fresh.filter : row.filter,
      input: has('input') ? fresh.input : row.input,
      priority: has('priority') ? fresh.priority : row.priority,
      dedup: has('dedup') ? fresh.dedup : row.dedup,
      startAt: has('start_at') ? fresh.startAt : (row.start_at?.toISOString() ?? null),
      endAt: has('end_at') ? fresh.endAt : (row.end_at?.toISOString() ?? null),
      mode: has('mode') ? fresh.mode : row.mode,
    };
  }

  private checked(draft: TriggerDraft, more: readonly Fault[] = []): TriggerDraft {
    const faults = [...more, ...this.drafts.faults(draft), ...this.faultsOfMode(draft)];
    if (faults.length > 0) throw new TriggerInvalidError(faults);
    return draft;
  }

  private faultsOfMode({ mode }: TriggerDraft): Fault[] {
    const fault = mode === 'notify' ? this.notifier.fault() : null;
    if (fault === null) return [];
    return [{ path: 'mode', code: 'notify_unavailable', message: `mode "notify" needs a mail server: ${fault}` }];
  }

  private async armed(id: string, caller: Caller): Promise<ArmedTrigger> {
    const row = await this.row(id, caller);
    if (row.armed_at === null) throw new NotDeployedError(row.workflow_id);
    const trigger = this.compiler.compile(row);
    if (trigger.paused !== null) throw new TriggerPausedError(trigger.paused);
    return trigger;
  }

  /** What the caller may not see does not exist for it. */
  private async row(id: string, caller: Caller): Promise<TriggerRow> {
    const row = isId(id) ? await this.triggers.find(id) : undefined;
    if (row === undefined) throw new TriggerNotFoundError(id);
    await this.workflows.get(row.workflow_id, caller);
    return row;
  }

  private async viewOf(row: TriggerRow): Promise<TriggerView> {
    const [view] = await this.views([row]);
    return view as TriggerView;
  }

  private async views(rows: readonly TriggerRow[]): Promise<TriggerView[]> {
    const timers = await this.triggers.timers(rows.map(({ id }) => id));
    return rows.map((row) => {
      const type = this.registry.find(row.type);
      const isMissing = row.armed_at !== null && type?.isResident === true && !this.manager.isAttached(row.id);
      const health = healthOf(row, this.activity.of(row.id), timers.get(row.id), isMissing);
      return triggerView(row, health, type?.stateView(row.state) ?? null);
    });
  }
}

/** As in a definition: unnamed ones are `<type>`, `<type>-2`, … */
function freeName(type: string, taken: readonly string[]): string {
  let name = type;
  for (let number = 2; taken.includes(name); number += 1) name = `${type}-${number}`;
  return name;
}

function faultsOfType({ type }: TriggerRow, wanted: TriggerDraft): Fault[] {
  if (wanted.type === type) return [];
  return [{ path: 'type', code: 'value_invalid', message: `a trigger keeps its type, which is ${type}` }];
}

import { Injectable, Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { AppConfig } from '../../common/config/app-config.js';
import { Database } from '../../common/database/database.js';
import { AppError, type Fault } from '../../common/errors/app-error.js';
import { newId } from '../../common/ids.js';
import { Metrics } from '../../common/metrics/metrics.js';
import { Timers } from '../../common/timers/timer.contract.js';
import { ExecutionStarter, type StartResult } from '../../engine/engine.contract.js';
import { EventListeners } from '../../engine/events/event-listeners.js';
import { bringFiles } from '../../engine/files/brought-files.js';
import { ExecutionCancels } from '../../engine/execution-cancels.js';
import { OpenExecutions } from '../../engine/open-executions.js';
import { EngineFigures } from '../../engine/views/engine-figures.js';
import { LockManager } from '../../locks/lock-manager.js';
import { SecretStore } from '../../secrets/secret-store.js';
import { NOTIFICATION_TIMER } from '../notifications/notification.js';
import { TriggerActivity } from '../trigger-activity.js';
import { TriggerExpressions } from '../trigger-expressions.js';
import { TriggerRepository } from '../trigger.repository.js';
import {
  TriggerHost,
  type AcceptedFile,
  type ArmedTrigger,
  type BroughtFiles,
  type Handled,
  type Liveness,
  type Seen,
  type SeenBy,
  type TriggerOutcome,
  type TriggerTimer,
} from '../trigger.contract.js';
import { decide, type Decision } from './decide.js';
import { heldTimers, TRIGGER_TIMER } from './held-timers.js';
import { OccurrenceSpans } from './occurrence-spans.js';

const CONCURRENCY = { code: 'concurrency', detail: "as many executions as the workflow's concurrency allows are open" };

/** What the engine may refuse to start, and what the ledger says of it then. */
const UNSTARTABLE: Readonly<Record<string, 'failed' | 'rejected'>> = {
  input_invalid: 'failed',
  file_too_large: 'rejected',
  files_too_large: 'rejected',
};

/** Takes what triggers have seen into the ledger, and starts what is to start. */
@Injectable()
export class OccurrenceIntake extends TriggerHost {
  private readonly log = new Logger(OccurrenceIntake.name);

  constructor(
    private readonly starter: ExecutionStarter,
    private readonly database: Database,
    private readonly timers: Timers,
    private readonly open: OpenExecutions,
    private readonly cancels: ExecutionCancels,
    private readonly secrets: SecretStore,
    private readonly activity: TriggerActivity,
    private readonly triggers: TriggerRepository,
    private readonly locks: LockManager,
    private readonly metrics: Metrics,
    private readonly settings: AppConfig,
    private readonly events: EventListeners,
    private readonly expressions: TriggerExpressions,
    private readonly engine: EngineFigures,
    private readonly spans: OccurrenceSpans,
  ) {
    super();
  }

  override bring(files: readonly AcceptedFile[]): BroughtFiles {
    return bringFiles(files);
  }

  override async handle(trigger: ArmedTrigger, seen: Seen): Promise<Handled> {
    const decision = this.decide(trigger, seen);
    if (decision.outcome === 'notified') return this.handleAlone(trigger, seen);
    const span = this.spans.begin();
    try {
      const result = await this.starter.start({ ...decision.request, trace: span?.context });
      const handled = this.noted(trigger, decision, result);
      this.spans.end(span, trigger, handled);
      return handled;
    } catch (error) {
      const outcome = error instanceof AppError ? UNSTARTABLE[error.code] : undefined;
      if (outcome === undefined) throw error;
      const { code, message } = error as AppError;
      await this.starter.start(failed(decision, message, outcome, code).request);
      throw error;
    }
  }

  override async handleWithin(
    client: PoolClient,
    all: readonly SeenBy[],
  ): Promise<{ handled: Handled[]; after: () => void }> {
    if (all.length === 0) return { handled: [], after: () => undefined };
    const decisions = await Promise.all(all.map(({ trigger, seen }) => this.checked(this.decide(trigger, seen))));
    const spans = decisions.map(() => this.spans.begin());
    const results = await this.starter.startWithin(
      client,
      decisions.map(({ request }, index) => ({ ...request, trace: spans[index]?.context })),
    );
    const handled = results.map((result, index) => this.noted(at(all, index).trigger, at(decisions, index), result));
    handled.forEach((each, index) => this.spans.end(spans[index] ?? null, at(all, index).trigger, each));
    await this.notify(client, handled);
    return { handled, after: () => this.starter.dispatch(results) };
  }

  override async setTimers(client: PoolClient, timers: readonly TriggerTimer[]): Promise<void> {
    if (timers.length === 0) return;
    await this.timers.set(
      client,
      timers.map(({ triggerId, ...timer }) => ({ kind: TRIGGER_TIMER, subjectId: triggerId, ...timer })),
    );
  }

  override async cancelTimers(client: PoolClient, triggerIds: readonly string[], key?: string): Promise<void> {
    if (triggerIds.length > 0) await this.timers.cancel(client, TRIGGER_TIMER, triggerIds, key);
  }

  override async hasTimer(client: PoolClient, triggerId: string): Promise<boolean> {
    const { rowCount } = await client.query(`SELECT FROM timer WHERE kind = $1 AND subject_id = $2 AND key = ''`, [
      TRIGGER_TIMER,
      triggerId,
    ]);
    return rowCount === 1;
  }

  override openExecutions(client: PoolClient, triggerIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return triggerIds.length === 0 ? Promise.resolve(new Map()) : this.open.countByTrigger(client, triggerIds);
  }

  override async cancelOpen(client: PoolClient, triggerIds: readonly string[], reason: string): Promise<() => void> {
    const ids = triggerIds.length === 0 ? [] : await this.open.idsOfTriggers(client, triggerIds);
    return () => {
      this.cancels.request(ids, reason).catch((error: unknown) => {
        this.log.warn({ message: 'executions could not be asked to end', err: error });
      });
    };
  }

  override async timerPayloads(
    client: PoolClient,
    triggerIds: readonly string[],
  ): Promise<ReadonlyMap<string, unknown>> {
    return heldTimers(client, triggerIds);
  }

  override secret(name: string): Promise<string | undefined> {
    return this.secrets.get(name);
  }

  override faultsIn(path: string, source: string, names: readonly string[]): readonly Fault[] {
    return this.expressions.faultsIn(path, source, names);
  }

  override faultsInTemplate(path: string, value: unknown): readonly Fault[] {
    return this.expressions.faultsInTemplate(path, value);
  }

  override evaluate(source: string, names: readonly string[], values: Readonly<Record<string, unknown>>): boolean {
    return this.expressions.evaluate(source, names, values);
  }

  override fill(value: unknown): Promise<unknown> {
    return this.expressions.fill(value);
  }

  override figures(windowMs: number): Promise<Readonly<Record<string, unknown>>> {
    return this.engine.read(windowMs);
  }

  override judge(trigger: ArmedTrigger, seen: Seen): TriggerOutcome {
    return this.decide(trigger, seen).outcome;
  }

  override want(triggerId: string, types: readonly string[] | null): void {
    this.events.want(triggerId, types);
  }

  override report(triggerId: string, liveness: Partial<Liveness>): void {
    this.activity.report(triggerId, liveness);
  }

  override share(triggerId: string, liveness: Partial<Liveness>): void {
    this.activity.share(triggerId, liveness);
  }

  override transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  override states(triggerIds: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
    return this.triggers.states(triggerIds);
  }

  override moveState(
    client: PoolClient,
    triggerId: string,
    before: unknown,
    after: unknown,
    revision?: number,
  ): Promise<boolean> {
    return this.triggers.moveState(client, triggerId, before, after, revision ?? null);
  }

  override lease<T>(name: string, ttlMs: number, work: (lost: AbortSignal) => Promise<T>): Promise<T | undefined> {
    return this.locks.run(name, ttlMs, work);
  }

  private decide(trigger: ArmedTrigger, seen: Seen): Decision {
    return decide(trigger, seen, newId(), this.settings.variables);
  }

  /** In a batch an input that the plan refuses must not take the others down. */
  private async checked(decision: Decision): Promise<Decision> {
    const { execution } = decision.request;
    if (execution === null) return decision;
    const faults = await this.starter.checkInput(execution.workflowId, execution.version, execution.input, execution);
    return faults.length === 0 ? decision : failed(decision, faults.join('; '));
  }

  private async handleAlone(trigger: ArmedTrigger, seen: Seen): Promise<Handled> {
    const { handled, after } = await this.database.transaction((client) =>
      this.handleWithin(client, [{ trigger, seen }]),
    );
    after();
    return at(handled, 0);
  }

  private async notify(client: PoolClient, handled: readonly Handled[]): Promise<void> {
    const ids = handled.flatMap(({ outcome, occurrenceId }) =>
      outcome === 'notified' && occurrenceId !== null ? [occurrenceId] : [],
    );
    if (ids.length === 0) return;
    const dueAt = { afterMs: 0 };
    await this.timers.set(
      client,
      ids.map((subjectId) => ({ kind: NOTIFICATION_TIMER, subjectId, key: '', dueAt, payload: null })),
    );
  }

  private measure(trigger: ArmedTrigger, { outcome, request }: Decision, isDuplicate: boolean): void {
    this.metrics.occurrences.inc({ type: trigger.type, outcome: isDuplicate ? 'duplicate' : outcome });
    const { occurrence, execution } = request;
    // Backfills, replays and instants that waited for another are late because somebody wanted them so.
    if ((execution?.createdBy ?? occurrence?.replayOf ?? occurrence?.reason ?? null) !== null) return;
    if (trigger.type !== 'cron' || outcome !== 'fired' || isDuplicate || !occurrence?.scheduledFor) return;
    this.metrics.cronLateness.observe((occurrence.occurredAt.getTime() - occurrence.scheduledFor.getTime()) / 1000);
  }

  private noted(trigger: ArmedTrigger, decision: Decision, result: StartResult): Handled {
    const { occurrenceId, executionId, duplicate } = result;
    const { limited } = result;
    if (limited === 'skipped') {
      this.metrics.occurrences.inc({ type: trigger.type, outcome: 'skipped' });
      this.activity.looked(trigger.id);
      return { outcome: 'skipped', reason: CONCURRENCY, occurrenceId, executionId: null };
    }
    this.measure(trigger, decision, duplicate);
    if (duplicate) {
      this.activity.looked(trigger.id);
      const reason = { code: 'duplicate_of', detail: executionId ?? '' };
      return { outcome: 'duplicate', reason, occurrenceId, executionId };
    }
    const { outcome, reason } = decision;
    if (outcome === 'fired' || outcome === 'notified')
      this.activity.fired(trigger.id, decision.request.occurrence?.occurredAt);
    else this.activity.looked(trigger.id);
    const handled = { outcome, reason, occurrenceId, executionId };
    return limited === 'failed' ? { ...handled, hasFailed: true } : handled;
  }
}

function failed(
  decision: Decision,
  detail: string,
  outcome: 'failed' | 'rejected' = 'failed',
  code = 'input_invalid',
): Decision {
  const { occurrence } = decision.request;
  const reason = { code, detail: detail.slice(0, 1_000) };
  const payload = occurrence?.unstartedPayload?.() ?? occurrence?.payload;
  const kept = occurrence === null ? null : { ...occurrence, id: newId(), outcome, reason, payload };
  return { outcome, reason, failure: detail, request: { occurrence: kept, execution: null, key: null } };
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`the engine answered for ${list.length} of the requests`);
  return item;
}

import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Database } from '../common/database/database.js';
import { HealthProbes } from '../common/health/health-probes.js';
import { Signals } from '../common/signals/signals.contract.js';
import { RouteTable } from './ingress/route-table.js';
import { TriggerChanges } from './trigger-changes.js';
import { TriggerActivity } from './trigger-activity.js';
import { TriggerCompiler } from './trigger-compiler.js';
import type { ArmedTrigger } from './trigger.contract.js';
import { TriggerRegistry } from './trigger-registry.js';
import { TriggerRepository } from './trigger.repository.js';
import type { TriggerRow } from './trigger.row.js';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

interface Illness {
  readonly restarts: number;
  readonly notBefore: number;
}

/**
 * Keeps in memory, on every replica, the triggers that must be: those that are reached or that hold a connection. It
 * follows what deployments put in force (signals, and a look at the table when one may have been missed), and attaches
 * again, with back-off, what could not be attached. Triggers that only wait for a timer stay in the table.
 */
@Injectable()
export class TriggerManager implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly routes = new RouteTable();
  private readonly log = new Logger(TriggerManager.name);
  private readonly attached = new Map<string, ArmedTrigger>();
  private readonly failures = new Map<string, number>();
  /** Attached, and down nevertheless. */
  private readonly ill = new Map<string, Illness>();
  private byWorkflow = new Map<string, ArmedTrigger[]>();
  private running: Promise<void> = Promise.resolve();
  private queued: Promise<void> | null = null;
  private retry: NodeJS.Timeout | null = null;
  private isStopped = false;

  constructor(
    private readonly registry: TriggerRegistry,
    private readonly triggers: TriggerRepository,
    private readonly compiler: TriggerCompiler,
    private readonly activity: TriggerActivity,
    private readonly signals: Signals,
    private readonly changes: TriggerChanges,
    private readonly database: Database,
    private readonly clock: Clock,
    probes: HealthProbes,
  ) {
    probes.register('triggers', async () => {
      const down = Math.max(this.downHere, await this.triggers.countDown());
      return down === 0 ? { status: 'ok' } : { status: 'degraded', detail: `${down} triggers are down` };
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    this.changes.onChange(() => this.followChange());
    this.signals.onReconnect(() => this.syncSoon());
    await this.sync();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    if (this.retry !== null) clearTimeout(this.retry);
    await this.running.catch(() => undefined);
    for (const id of this.attached.keys()) await this.detach(id);
  }

  /** To be called after a commit that changed triggers. Resolves when this replica and the others follow it. */
  async announce(): Promise<void> {
    await Promise.all([this.sync(), this.changes.tell()]);
  }

  /** Resolves when memory holds what was in force at the call. Calls at the same time share one look. */
  sync(): Promise<void> {
    this.queued ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.queued = null;
        this.running = this.followTable();
        return this.running;
      });
    return this.queued;
  }

  /** Those that deliveries of a workflow may reach. */
  receiversOf(workflowId: string): readonly ArmedTrigger[] {
    return this.byWorkflow.get(workflowId) ?? [];
  }

  isAttached(triggerId: string): boolean {
    return this.attached.has(triggerId);
  }

  counts(): { attached: number; failing: number } {
    return { attached: this.attached.size, failing: this.downHere };
  }

  /** Attaches again, with back-off, what its type says is down. */
  restartDown(): Promise<void> {
    this.running = this.running.catch(() => undefined).then(() => this.look());
    return this.running;
  }

  private get downHere(): number {
    return this.failures.size + this.ill.size;
  }

  private async look(): Promise<void> {
    for (const [id, trigger] of [...this.attached]) {
      if (this.isStopped) return;
      const type = this.registry.get(trigger.type);
      const reason = type.down(trigger);
      if (reason === null) {
        if (this.ill.delete(id)) this.activity.report(id, { isDown: false, lastError: null });
        continue;
      }
      const { restarts, notBefore } = this.ill.get(id) ?? { restarts: 0, notBefore: 0 };
      this.activity.report(id, { isDown: true, lastError: reason, restarts });
      if (this.clock.now() < notBefore) this.ill.set(id, { restarts, notBefore });
      else await this.restart(trigger, restarts + 1);
    }
  }

  private async restart(trigger: ArmedTrigger, restarts: number): Promise<void> {
    this.ill.set(trigger.id, { restarts, notBefore: this.clock.now() + backOff(restarts) });
    this.activity.report(trigger.id, { restarts });
    try {
      await this.registry.get(trigger.type).attach(trigger);
    } catch (error) {
      this.log.warn(`trigger ${trigger.id} (${trigger.type}) could not be restarted: ${String(error)}`);
    }
  }

  private syncSoon(): void {
    this.followChange().catch(() => undefined);
  }

  private async followChange(): Promise<void> {
    try {
      await this.sync();
    } catch (error) {
      this.log.warn(`triggers could not be read: ${String(error)}`);
      this.retryAfter(FIRST_RETRY_MS);
      throw error;
    }
  }

  private async followTable(): Promise<void> {
    if (this.isStopped) return;
    const types = this.registry.types.filter((type) => type.isResident).map((type) => type.type);
    const inForce = await this.triggers.inForce(types);
    const wanted = new Set(inForce.map(({ id }) => id));
    const gone = [...this.attached.keys()].filter((id) => !wanted.has(id));
    const changed = inForce
      .filter(({ id, revision }) => this.attached.get(id)?.revision !== revision)
      .map(({ id }) => id);
    for (const id of this.failures.keys()) if (!wanted.has(id)) this.failures.delete(id);
    for (const id of gone) await this.detach(id);
    const rows = changed.length === 0 ? [] : await this.triggers.byIds(this.database.pool, changed);
    for (const row of rows) await this.attach(row);
    if (gone.length + rows.length > 0) this.index();
    if (this.failures.size > 0) this.retryAfter(backOff(Math.min(...this.failures.values())));
  }

  private async attach(row: TriggerRow): Promise<void> {
    try {
      const trigger = this.compiler.compile(row);
      await this.registry.get(row.type).attach(trigger);
      this.attached.set(row.id, trigger);
      const restarts = this.failures.get(row.id) ?? 0;
      this.failures.delete(row.id);
      this.activity.report(row.id, {
        armedSince: row.armed_at ?? this.clock.date(),
        ...(restarts > 0 && { restarts, lastError: null, isDown: false }),
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const failures = (this.failures.get(row.id) ?? 0) + 1;
      this.failures.set(row.id, failures);
      this.activity.report(row.id, { lastError: message, isDown: true, restarts: failures - 1 });
      this.log.warn(`trigger ${row.id} (${row.type}) could not be attached: ${message}`);
    }
  }

  private async detach(id: string): Promise<void> {
    const trigger = this.attached.get(id);
    this.attached.delete(id);
    this.activity.forget(id);
    this.ill.delete(id);
    if (trigger !== undefined) await this.registry.get(trigger.type).detach(id);
  }

  private index(): void {
    const byWorkflow = new Map<string, ArmedTrigger[]>();
    this.routes.clear();
    for (const trigger of this.attached.values()) {
      const type = this.registry.get(trigger.type);
      if (!type.isReceiver) continue;
      const neighbours = byWorkflow.get(trigger.workflowId);
      if (neighbours === undefined) byWorkflow.set(trigger.workflowId, [trigger]);
      else neighbours.push(trigger);
      for (const { method, path } of type.routes(trigger.config)) this.routes.add(method, path, trigger);
    }
    this.byWorkflow = byWorkflow;
  }

  private retryAfter(delayMs: number): void {
    if (this.retry !== null || this.isStopped) return;
    this.retry = setTimeout(() => {
      this.retry = null;
      this.syncSoon();
    }, delayMs).unref();
  }
}

function backOff(failures: number): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
}

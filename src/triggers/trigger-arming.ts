import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Clock } from '../common/clock.js';
import { databaseTime } from '../common/database/database-time.js';
import { heldTimers } from './occurrences/held-timers.js';
import { TriggerCompiler } from './trigger-compiler.js';
import type { TriggerWarning } from './trigger.contract.js';
import { TriggerRegistry } from './trigger-registry.js';
import { TriggerRepository, type ForceOfTriggers } from './trigger.repository.js';
import type { TriggerDraft, TriggerRow } from './trigger.row.js';
import { WebhookRoutes } from './webhook-routes.repository.js';

export interface ArmingOrder extends ForceOfTriggers {
  readonly workflowId: string;
  /** What the version's definition names. */
  readonly drafts: readonly TriggerDraft[];
}

export interface Armed {
  readonly rows: readonly TriggerRow[];
  readonly warnings: readonly (TriggerWarning & { trigger: string })[];
}

/** The durable half of putting triggers in force, inside the transaction of whoever decides it. */
@Injectable()
export class TriggerArming {
  constructor(
    private readonly triggers: TriggerRepository,
    private readonly routes: WebhookRoutes,
    private readonly registry: TriggerRegistry,
    private readonly compiler: TriggerCompiler,
    private readonly clock: Clock,
  ) {}

  /** Arms what the version names and what was made by the API; takes out of force what the version no longer names. */
  async apply(client: PoolClient, order: ArmingOrder): Promise<Armed> {
    const before = await this.triggers.ofWorkflow(order.workflowId, client);
    await this.quiet(
      client,
      before.map(({ id }) => id),
    );
    const names = new Set(order.drafts.map(({ name }) => name));
    const dropped = before.filter((row) => row.origin === 'definition' && !names.has(row.name));
    await this.disarm(client, dropped);
    for (const draft of order.drafts) await this.triggers.save(client, order.workflowId, 'definition', draft);
    const kept = (await this.triggers.ofWorkflow(order.workflowId, client)).filter(
      (row) => names.has(row.name) || row.origin === 'api',
    );
    const rows = await this.arm(client, kept, before, order);
    return { rows, warnings: await this.warningsOf(rows) };
  }

  /** Takes all triggers of a workflow out of force; their rows and their ledgers stay. */
  async withdraw(client: PoolClient, workflowId: string): Promise<void> {
    await this.disarm(client, await this.triggers.ofWorkflow(workflowId, client));
  }

  /** Follows one edited trigger of a workflow in force. */
  async rearm(
    client: PoolClient,
    row: TriggerRow,
    before: TriggerRow | null,
    force: ForceOfTriggers,
  ): Promise<TriggerRow> {
    await this.quiet(client, [row.id]);
    const [armed] = await this.arm(client, [row], before === null ? [] : [before], force);
    return armed ?? row;
  }

  async disarm(client: PoolClient, rows: readonly TriggerRow[]): Promise<void> {
    const armed = rows.filter((row) => row.armed_at !== null);
    if (armed.length === 0) return;
    const ids = armed.map(({ id }) => id);
    await this.quiet(client, ids);
    for (const [name, own] of Map.groupBy(armed, (row) => row.type)) await this.disarmType(client, name, own);
    await this.routes.remove(client, ids);
    await this.triggers.setDisarmed(client, ids);
  }

  /**
   * Lets what their timers have set going commit first: once this transaction is answered, nothing starts by what was in
   * force before. In the order of whoever goes on from a state: first the trigger, then its timer.
   */
  async quiet(client: PoolClient, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.triggers.lockAll(client, ids);
    await heldTimers(client, ids);
  }

  private async disarmType(client: PoolClient, name: string, rows: readonly TriggerRow[]): Promise<void> {
    const type = this.registry.find(name);
    const triggers = type === undefined ? [] : rows.map((row) => this.compiler.build(row));
    await type?.disarm(
      client,
      rows.map(({ id }) => id),
      triggers,
    );
  }

  private async arm(
    client: PoolClient,
    rows: readonly TriggerRow[],
    before: readonly TriggerRow[],
    force: ForceOfTriggers,
  ): Promise<TriggerRow[]> {
    await this.disarm(
      client,
      rows.filter((row) => !row.is_enabled),
    );
    const enabled = rows.filter((row) => row.is_enabled).map(({ id }) => id);
    await this.triggers.setArmed(client, enabled, force);
    const armed = await this.triggers.byIds(client, enabled);
    const now = await databaseTime(client);
    for (const row of armed) {
      const trigger = this.compiler.build(row);
      const type = this.registry.get(row.type);
      const earlier = before.find(({ id }) => id === row.id);
      await this.routes.replace(client, row, type.routes(trigger.config));
      await type.arm(client, trigger, { isNew: !isSameSource(earlier, row), now });
    }
    return this.triggers.byIds(
      client,
      rows.map(({ id }) => id),
    );
  }

  private async warningsOf(rows: readonly TriggerRow[]): Promise<(TriggerWarning & { trigger: string })[]> {
    const all = rows
      .filter((row) => row.is_enabled)
      .map(async (row) => {
        const type = this.registry.get(row.type);
        const config = this.registry.read(type, row.config).value;
        const warnings = await type.warnings(config, row.id, this.clock.date());
        return warnings.map((warning) => ({ trigger: row.name, ...warning }));
      });
    return (await Promise.all(all)).flat();
  }
}

/** Whether its occurrences follow from the same as before, so that the cursor goes on. */
function isSameSource(before: TriggerRow | undefined, now: TriggerRow): boolean {
  if (before === undefined || before.armed_at === null || before.type !== now.type) return false;
  const sourceOf = (row: TriggerRow): string => JSON.stringify([row.config, row.start_at, row.end_at]);
  return sourceOf(before) === sourceOf(now);
}

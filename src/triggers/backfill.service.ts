import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { databaseTime } from '../common/database/database-time.js';
import { Database } from '../common/database/database.js';
import { newId } from '../common/ids.js';
import { BACKFILL_KEY, type BackfillAnswer, type BackfillProgress } from './backfill.js';
import {
  TriggerHost,
  type ArmedTrigger,
  type BaseTrigger,
  type DueTrigger,
  type TriggerTimer,
} from './trigger.contract.js';
import { TriggerRegistry } from './trigger-registry.js';
import { BackfillRangeError, NoInstantsError } from './triggers.errors.js';

const MOST_SHOWN = 1_000;
const MOST_AT_ONCE = 100;
const LOOK_AGAIN_MS = 1_000;
const BY_BACKFILL = { variables: {}, priority: null, createdBy: 'backfill' };

export interface BackfillOrder {
  readonly from: Date;
  readonly to: Date;
  readonly dryRun: boolean;
  /** How many executions of the trigger may be open while it goes on. */
  readonly maxActive: number;
}

/** Fires a past range through the ledger: an instant that has fired is recorded as a duplicate and starts nothing. */
@Injectable()
export class Backfills {
  constructor(
    private readonly host: TriggerHost,
    private readonly registry: TriggerRegistry,
    private readonly database: Database,
  ) {}

  async start(trigger: ArmedTrigger, order: BackfillOrder): Promise<BackfillAnswer> {
    checkRange(order, await databaseTime(this.database.pool));
    const type = this.registry.get(trigger.type);
    const found = type.instantsIn(trigger, { from: order.from, to: order.to, limit: MOST_SHOWN + 1 });
    if (found === null) throw new NoInstantsError(trigger.type);
    const items = found.slice(0, MOST_SHOWN).map((seen) => ({ at: seen.scheduledFor?.toISOString() ?? '' }));
    if (!order.dryRun && items.length > 0) {
      const progress = { from: order.from.toISOString(), to: order.to.toISOString(), maxActive: order.maxActive };
      await this.database.transaction((client) => this.later(client, trigger.id, newId(), { afterMs: 0 }, progress));
    }
    return { dry_run: order.dryRun, count: items.length, items, has_more: found.length > items.length };
  }

  /** One stretch of it: as many as `max_active` leaves room for; the rest in a second. */
  async goOn(client: PoolClient, type: BaseTrigger, due: DueTrigger, now: Date): Promise<() => void> {
    const progress = due.payload as BackfillProgress;
    const id = due.key.slice(BACKFILL_KEY.length);
    const open = (await this.host.openExecutions(client, [due.trigger.id])).get(due.trigger.id) ?? 0;
    const room = Math.min(MOST_AT_ONCE, progress.maxActive - open);
    const lookAgain = { afterMs: LOOK_AGAIN_MS };
    if (room <= 0) {
      await this.later(client, due.trigger.id, id, lookAgain, progress);
      return () => undefined;
    }
    const range = { from: new Date(progress.from), to: new Date(progress.to), limit: room + 1 };
    const instants = type.instantsIn(due.trigger, range) ?? [];
    const batch = instants
      .slice(0, room)
      .map((seen) => ({ trigger: due.trigger, seen: { ...seen, occurredAt: now, order: BY_BACKFILL } }));
    const { after } = await this.host.handleWithin(client, batch);
    const rest = instants[room]?.scheduledFor;
    if (rest) await this.later(client, due.trigger.id, id, lookAgain, { ...progress, from: rest.toISOString() });
    return after;
  }

  private later(
    client: PoolClient,
    triggerId: string,
    id: string,
    dueAt: TriggerTimer['dueAt'],
    payload: BackfillProgress,
  ): Promise<void> {
    return this.host.setTimers(client, [{ triggerId, key: BACKFILL_KEY + id, dueAt, payload }]);
  }
}

/** An instant that is fired ahead of its time would be a duplicate when its time comes. */
function checkRange({ from, to }: BackfillOrder, now: Date): void {
  if (from > to) throw new BackfillRangeError('from', 'from must not lie behind to');
  if (to > now) throw new BackfillRangeError('to', 'to must not lie in the future');
}

import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Clock } from '../../../common/clock.js';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { fitsGlob } from '../../../common/text/glob.js';
import {
  BaseTrigger,
  TriggerHost,
  type ArmedTrigger,
  type DueTrigger,
  type HeardEvent,
  type Seen,
  type SeenBy,
} from '../../trigger.contract.js';
import { EventConfig } from './event.dto.js';
import { gather, gatheredBy, holdFreeTriggers, holdTriggers, letGo, type Event, type Gathered } from './gathered.js';

type Armed = ArmedTrigger<EventConfig>;
type Heard = HeardEvent<EventConfig>;

const LONGEST_KEY = 200;
const DEPTH = 'millracedepth';
/** How long somebody else has a trigger, at a guess. */
const HELD_MS = 100;

@Injectable()
export class EventTrigger extends BaseTrigger<EventConfig> {
  override readonly type = 'event';
  override readonly title = 'Event';
  override readonly description = 'Fires on events that are sent, that steps emit, or that tell of executions.';
  override readonly config = EventConfig;
  override readonly isListener = true;
  override readonly isResident = true;

  constructor(
    private readonly host: TriggerHost,
    private readonly clock: Clock,
  ) {
    super();
  }

  override validate({ debounce, batch }: EventConfig): readonly Fault[] {
    if (debounce === undefined || batch === undefined) return [];
    return [{ path: 'batch', code: 'value_invalid', message: 'give either "debounce" or "batch"' }];
  }

  override attach(trigger: Armed): Promise<void> {
    this.host.want(trigger.id, trigger.config.types);
    return Promise.resolve();
  }

  override detach(triggerId: string): Promise<void> {
    this.host.want(triggerId, null);
    return Promise.resolve();
  }

  /** What was gathered before it went out of force is due now. */
  override async arm(client: PoolClient, trigger: Armed): Promise<void> {
    if ((await gatheredBy(client, trigger.id)).length === 0 || (await this.host.hasTimer(client, trigger.id))) return;
    await this.setTimer(client, trigger, 0);
  }

  override async disarm(client: PoolClient, triggerIds: readonly string[]): Promise<void> {
    await this.host.cancelTimers(client, triggerIds);
  }

  override defaultInput(payload: unknown): unknown {
    const { events, data } = (payload ?? {}) as { events?: unknown; data?: unknown };
    return Array.isArray(events) ? { events } : (data ?? {});
  }

  override wants({ types, source }: EventConfig, event: Event): boolean {
    if (source !== undefined && !fitsGlob(source, event.source)) return false;
    return types.some((pattern) => fitsGlob(pattern, event.type));
  }

  /** What is not to be fired is recorded at once, and not gathered. */
  override async hear(client: PoolClient, heard: readonly Heard[]): Promise<() => void> {
    const at = this.clock.date();
    const { later = [], now = [] } = Object.groupBy(heard, (one) => (this.isGathered(one, at) ? 'later' : 'now'));
    const seen: SeenBy[] = now.map((one) => ({ trigger: one.trigger, seen: seenBy(one, at) }));
    if (later.length > 0) await holdTriggers(client, [...new Set(later.map(({ trigger }) => trigger.id))]);
    for (const one of later) seen.push(...(await this.gather(client, one, at)));
    return (await this.host.handleWithin(client, seen)).after;
  }

  /** The time of what was gathered has come. */
  override async due(client: PoolClient, due: readonly DueTrigger<EventConfig>[], now: Date): Promise<() => void> {
    const held = await holdFreeTriggers(
      client,
      due.map(({ trigger }) => trigger.id),
    );
    const seen: SeenBy[] = [];
    for (const { trigger } of due) {
      if (!held.has(trigger.id)) {
        await this.setTimer(client, trigger, HELD_MS);
        continue;
      }
      const gathered = await gatheredBy(client, trigger.id);
      if (gathered.length === 0) continue;
      seen.push(...fire(trigger, gathered, now));
      await letGo(client, trigger.id, gathered);
    }
    return (await this.host.handleWithin(client, seen)).after;
  }

  private isGathered(heard: Heard, at: Date): boolean {
    const { debounce, batch } = heard.trigger.config;
    if (debounce === undefined && batch === undefined) return false;
    const outcome = this.host.judge(heard.trigger, seenBy(heard, at));
    return outcome === 'fired' || outcome === 'notified';
  }

  /** @returns what becomes of it at once: the batch that is full, or those that a later event has displaced. */
  private async gather(client: PoolClient, { trigger, id, event }: Heard, at: Date): Promise<SeenBy[]> {
    const before = (await gatheredBy(client, trigger.id)).filter((earlier) => earlier.id !== id);
    await gather(client, trigger.id, { id, event });
    const { debounce, batch } = trigger.config;
    if (batch === undefined) {
      await letGo(client, trigger.id, before);
      await this.setTimer(client, trigger, parseDuration(debounce) ?? 0);
      return before.map((earlier) => ({ trigger, seen: displaced(earlier.event, event, at) }));
    }
    const all = [...before, { id, event }];
    if (all.length < batch.max) {
      if (before.length === 0) await this.setTimer(client, trigger, parseDuration(batch.within) ?? 0);
      return [];
    }
    await letGo(client, trigger.id, all);
    await this.host.cancelTimers(client, [trigger.id], '');
    return fire(trigger, all, at);
  }

  private async setTimer(client: PoolClient, { id }: Armed, delayMs: number): Promise<void> {
    const dueAt = { afterMs: delayMs };
    await this.host.setTimers(client, [{ triggerId: id, key: '', dueAt, payload: null }]);
  }
}

function fire(trigger: Armed, gathered: readonly Gathered[], at: Date): SeenBy[] {
  const events = gathered.map(({ event }) => event);
  const { batch } = trigger.config;
  if (batch === undefined)
    return events.map((event) => ({ trigger, seen: { ...seenOf(event, at), isFiltered: true } }));
  const parts = Array.from({ length: Math.ceil(events.length / batch.max) }, (_, index) =>
    events.slice(index * batch.max, (index + 1) * batch.max),
  );
  return parts.map((part) => ({ trigger, seen: batchOf(part, at) }));
}

function seenBy({ event, isTooDeep }: Heard, at: Date): Seen {
  const seen = seenOf(event, at);
  if (!isTooDeep) return seen;
  const detail = 'more than 10 executions were started by each other through events';
  return { ...seen, refused: { outcome: 'rejected', code: 'chain_depth', detail } };
}

/** The event's identity is the occurrence's. */
function seenOf(event: Event, at: Date): Seen {
  return { ...PLAIN, occurredAt: at, payload: event, key: keyOf(event), defaultInput: event.data ?? {} };
}

function batchOf(events: readonly Event[], at: Date): Seen {
  const depth = Math.max(0, ...events.map((event) => (event as { [DEPTH]?: number })[DEPTH] ?? 0));
  const payload = { events, ...(depth > 0 && { [DEPTH]: depth }) };
  const [first] = events;
  const key = first === undefined ? null : `batch:${keyOf(first)}`;
  return { ...PLAIN, occurredAt: at, payload, key, defaultInput: { events }, isFiltered: true };
}

function displaced(event: Event, by: Event, at: Date): Seen {
  const refused = { outcome: 'skipped' as const, code: 'debounced', detail: `the event ${by.id} came after it` };
  return { ...seenOf(event, at), refused };
}

/** Source and id tell an event; a long one by its hash. */
function keyOf({ source, id }: Event): string {
  const key = JSON.stringify([source, id]);
  return key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('hex');
}

const PLAIN = { scheduledFor: null, keyTtlMs: null };

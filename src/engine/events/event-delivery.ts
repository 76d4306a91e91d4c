import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Timers, type DueTimer } from '../../common/timers/timer.contract.js';
import { EventListeners } from './event-listeners.js';
import { EventWaits } from './event-waits.js';
import type { StoredEvent } from './event.row.js';
import { DELIVERY_TIMER } from './events.statement.js';

/** Wake-ups that are worked on in one transaction. */
const TIMERS_AT_ONCE = 50;

/** Index: the primary key. */
const READ = /* sql */ `SELECT id, event, depth FROM event WHERE id = ANY($1::uuid[]) ORDER BY id`;

/**
 * Brings recorded events to the steps that wait for them and to the event triggers, in the transaction that removes the
 * wake-up: a crash delivers again, and nothing twice.
 */
@Injectable()
export class EventDelivery {
  constructor(
    private readonly waits: EventWaits,
    private readonly listeners: EventListeners,
    timers: Timers,
  ) {
    // Apart: it waits at the gate for those who begin to wait for events, and must hold nothing of theirs meanwhile.
    timers.handleApart(DELIVERY_TIMER, (client, due) => this.deliver(client, due), TIMERS_AT_ONCE);
  }

  private async deliver(client: PoolClient, due: readonly DueTimer[]): Promise<() => void> {
    const ids = due.flatMap(({ payload }) => payload as readonly string[]);
    const { rows: events } = await client.query<StoredEvent>(READ, [ids]);
    if (events.length === 0) return () => undefined;
    const after = [await this.waits.deliver(client, events), ...(await this.listeners.tell(client, events))];
    return () => after.forEach((work) => work());
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { EventListeners } from '../../engine/events/event-listeners.js';
import { DEEPEST_CHAIN, type StoredEvent } from '../../engine/events/event.row.js';
import type { ArmedTrigger, BaseTrigger, HeardEvent } from '../trigger.contract.js';
import { TriggerRegistry } from '../trigger-registry.js';
import { TriggersInForce } from '../triggers-in-force.js';

/** Brings events to the triggers that want them. Which are in force is asked for each delivery: none may be missed. */
@Injectable()
export class EventTriggers implements OnModuleInit {
  constructor(
    private readonly listeners: EventListeners,
    private readonly registry: TriggerRegistry,
    private readonly inForce: TriggersInForce,
  ) {}

  onModuleInit(): void {
    this.listeners.onEvents((client, events) => this.hear(client, events));
  }

  private async hear(client: PoolClient, events: readonly StoredEvent[]): Promise<() => void> {
    const types = this.registry.types.filter(({ isListener }) => isListener).map(({ type }) => type);
    const armed = await this.inForce.of(types, client);
    const after: (() => void)[] = [];
    for (const [name, own] of Map.groupBy(armed, ({ type }) => type)) {
      const type = this.registry.get(name);
      const wanting = own.filter(({ config }) => events.some(({ event }) => type.wants(config, event)));
      const held = [...(await this.inForce.hold(client, wanting)).values()];
      const heard = held.flatMap((trigger) => heardBy(type, trigger, events));
      if (heard.length > 0) after.push(await type.hear(client, heard));
    }
    return () => after.forEach((work) => work());
  }
}

function heardBy(type: BaseTrigger, trigger: ArmedTrigger, events: readonly StoredEvent[]): HeardEvent[] {
  return events
    .filter(({ event }) => type.wants(trigger.config, event))
    .map(({ id, event, depth }) => ({ trigger, id, event, isTooDeep: depth > DEEPEST_CHAIN }));
}

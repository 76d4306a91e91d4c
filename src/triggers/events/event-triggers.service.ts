import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { EventListeners } from '../../engine/events/event-listeners.js';
import { DEEPEST_CHAIN, type StoredEvent } from '../../engine/events/event.row.js';
import type { ArmedTrigger, BaseTrigger, HeardEvent } from '../trigger.contract.js';
import { TriggerCompiler } from '../trigger-compiler.js';
import { TriggerRegistry } from '../trigger-registry.js';
import { TriggerRepository } from '../trigger.repository.js';

/** Brings events to the triggers that want them. Which are in force is asked for each delivery: none may be missed. */
@Injectable()
export class EventTriggers implements OnModuleInit {
  private known = new Map<string, ArmedTrigger>();

  constructor(
    private readonly listeners: EventListeners,
    private readonly registry: TriggerRegistry,
    private readonly triggers: TriggerRepository,
    private readonly compiler: TriggerCompiler,
  ) {}

  onModuleInit(): void {
    this.listeners.onEvents((client, events) => this.hear(client, events));
  }

  private async hear(client: PoolClient, events: readonly StoredEvent[]): Promise<() => void> {
    const armed = await this.inForce(client);
    const after: (() => void)[] = [];
    for (const [name, own] of Map.groupBy(armed, ({ type }) => type)) {
      const type = this.registry.get(name);
      const heard = own.flatMap((trigger) => heardBy(type, trigger, events));
      if (heard.length > 0) after.push(await type.hear(client, heard));
    }
    return () => after.forEach((work) => work());
  }

  private async inForce(client: PoolClient): Promise<readonly ArmedTrigger[]> {
    const types = this.registry.types.filter(({ isListener }) => isListener).map(({ type }) => type);
    const inForce = await this.triggers.inForce(types);
    const changed = inForce.filter(({ id, revision }) => this.known.get(id)?.revision !== revision);
    const rows =
      changed.length === 0
        ? []
        : await this.triggers.byIds(
            client,
            changed.map(({ id }) => id),
          );
    for (const row of rows) this.known.set(row.id, this.compiler.compile(row));
    this.known = new Map(
      inForce.flatMap(({ id }) => {
        const trigger = this.known.get(id);
        return trigger === undefined ? [] : [[id, trigger] as const];
      }),
    );
    return [...this.known.values()];
  }
}

function heardBy(type: BaseTrigger, trigger: ArmedTrigger, events: readonly StoredEvent[]): HeardEvent[] {
  return events
    .filter(({ event }) => type.wants(trigger.config, event))
    .map(({ id, event, depth }) => ({ trigger, id, event, isTooDeep: depth > DEEPEST_CHAIN }));
}

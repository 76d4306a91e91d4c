import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { fitsGlob } from '../../common/text/glob.js';
import type { StoredEvent } from './event.row.js';

/** Works on events in the transaction that delivers them. May get an event again. @returns what to do after the commit. */
export type EventListener = (client: PoolClient, events: readonly StoredEvent[]) => Promise<() => void>;

/** Who hears of events beside the steps that wait for them; and whether anybody wants the engine's own. */
@Injectable()
export class EventListeners {
  private readonly listeners: EventListener[] = [];
  private readonly wanted = new Map<string, readonly string[]>();

  onEvents(listener: EventListener): void {
    this.listeners.push(listener);
  }

  async tell(client: PoolClient, events: readonly StoredEvent[]): Promise<(() => void)[]> {
    const after: (() => void)[] = [];
    for (const listener of this.listeners) after.push(await listener(client, events));
    return after;
  }

  /** Somebody wants events of these types (`*` for any characters); null: no more. The engine's own are made for them. */
  want(key: string, types: readonly string[] | null): void {
    if (types === null) this.wanted.delete(key);
    else this.wanted.set(key, types);
  }

  isWanted(type: string): boolean {
    if (this.wanted.size === 0) return false;
    for (const types of this.wanted.values()) if (types.some((pattern) => fitsGlob(pattern, type))) return true;
    return false;
  }
}

import type { PoolClient } from 'pg';

/** Messages between replicas over LISTEN/NOTIFY. They only save time: nothing is wrong, only later, when one is lost. */
export abstract class Signals {
  /** Sends to every replica, this one included. `payload` is JSON of at most 7,000 bytes. */
  abstract publish(topic: string, payload: unknown): Promise<void>;
  /** The same with the caller's transaction: delivered when it commits, never when it does not. */
  abstract publishWithin(client: PoolClient, topic: string, payload: unknown): Promise<void>;
  /** @returns a function that ends the subscription. */
  abstract subscribe(topic: string, handler: (payload: unknown) => void): () => void;
  /** Called after the connection was lost and is back: signals may have been missed, look for yourself. */
  abstract onReconnect(handler: () => void): void;
}

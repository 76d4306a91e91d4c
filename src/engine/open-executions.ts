import type { PoolClient } from 'pg';

/** Which triggers have executions that have not ended: what `overlap` and a backfill's `max_active` ask. */
export abstract class OpenExecutions {
  /** Open executions per trigger, read in the caller's transaction; a trigger without any is left out. */
  abstract countByTrigger(client: PoolClient, triggerIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The ids of those that nobody has asked to end, of all these triggers together. */
  abstract idsOfTriggers(client: PoolClient, triggerIds: readonly string[]): Promise<readonly string[]>;
}

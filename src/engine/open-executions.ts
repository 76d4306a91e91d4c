import type { PoolClient } from 'pg';

/** Which executions of a trigger have not ended yet: what `overlap` and a backfill's `max_active` ask. */
export abstract class OpenExecutions {
  /** Open executions per trigger, read in the caller's transaction; a trigger without any is left out. */
  abstract countByTrigger(client: PoolClient, triggerIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The oldest open ones of a trigger, by id. */
  abstract ofTrigger(client: PoolClient, triggerId: string): Promise<readonly string[]>;
}

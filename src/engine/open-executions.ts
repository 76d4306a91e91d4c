import type { PoolClient } from 'pg';

/** Which triggers have executions that have not ended: what `overlap` and a backfill's `max_active` ask. */
export abstract class OpenExecutions {
  /** Open executions per trigger, read in the caller's transaction; a trigger without any is left out. */
  abstract countByTrigger(client: PoolClient, triggerIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

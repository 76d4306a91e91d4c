import { Injectable, Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../common/database/database.js';
import { isConnectionLoss } from '../../common/database/pg-errors.js';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { lockKeys } from './key-locks.js';

/** So many of one key in one go; where more are due, they are given in the next. */
const MOST_AT_ONCE = 100;
const MOST_KEYS = 500;

interface Granted {
  readonly id: string;
  readonly epoch: number;
  readonly priority: number;
  readonly concurrency_key: string;
}

/**
 * By priority, then age; each by the limit of its own version. The passes of a loop whose execution is paused do not
 * begin. Index: execution_concurrency.
 */
const NEXT = /* sql */ `
SELECT next.id FROM unnest($1::text[]) AS k(key)
CROSS JOIN LATERAL (
  SELECT count(*) AS taken FROM execution h WHERE h.concurrency_key = k.key AND h.is_open AND h.has_place
) AS held
CROSS JOIN LATERAL (
  SELECT w.id, w.concurrency_limit, row_number() OVER (ORDER BY w.priority DESC, w.id) AS number
  FROM execution w
  WHERE w.concurrency_key = k.key AND w.is_open AND NOT w.has_place AND w.status = 'queued'
    AND (w.pass IS NULL OR NOT EXISTS (SELECT 1 FROM execution p WHERE p.id = w.parent_id AND p.pause_requested))
  ORDER BY w.priority DESC, w.id LIMIT ${MOST_AT_ONCE}
) AS next
WHERE held.taken + next.number <= next.concurrency_limit`;

/** Index: the primary key. One that somebody cancelled or paused meanwhile is left alone. */
const GRANT = /* sql */ `
UPDATE execution SET has_place = true, queued_at = now()
WHERE id = ANY($1::uuid[]) AND status = 'queued' AND NOT has_place
RETURNING id, epoch, priority, concurrency_key`;

/**
 * Gives the places of a key to those that wait for them and queues these. A place is a row: an open execution with
 * `has_place`. It is free again when the execution has ended, whatever became of its owner; nothing is counted beside.
 */
@Injectable()
export class Places {
  private readonly logger = new Logger('Places');
  private readonly keys = new Set<string>();
  private giving: Promise<void> | null = null;

  constructor(
    private readonly database: Database,
    private readonly queue: ExecutionQueue,
  ) {}

  /** Soon, many keys at once; never throws. What is forgotten by a crash, the chore gives. */
  give(keys: readonly string[]): void {
    for (const key of keys) this.keys.add(key);
    if (this.keys.size > 0) this.giving ??= this.giveAll();
  }

  /** Resolves when nothing asked for so far is left to give. */
  async idle(): Promise<void> {
    while (this.giving !== null) await this.giving;
  }

  private async giveAll(): Promise<void> {
    try {
      while (this.keys.size > 0) {
        const keys = [...this.keys].slice(0, MOST_KEYS);
        for (const key of keys) this.keys.delete(key);
        const granted = await this.database.transaction((client) => grant(client, keys));
        this.queue.add(granted.map(({ id, epoch, priority }) => ({ executionId: id, epoch, priority })));
        for (const [key, rows] of Map.groupBy(granted, (row) => row.concurrency_key))
          if (rows.length === MOST_AT_ONCE) this.keys.add(key);
      }
    } catch (error) {
      // The chore gives what is left.
      this.keys.clear();
      if (!isConnectionLoss(error)) this.logger.error({ message: 'places could not be given', err: error });
    } finally {
      this.giving = null;
    }
  }
}

async function grant(client: PoolClient, keys: readonly string[]): Promise<Granted[]> {
  await lockKeys(client, keys);
  const { rows } = await client.query<{ id: string }>(NEXT, [keys]);
  if (rows.length === 0) return [];
  return (await client.query<Granted>(GRANT, [rows.map((row) => row.id)])).rows;
}

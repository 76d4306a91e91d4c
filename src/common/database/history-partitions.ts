import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { Database } from './database.js';
import { Partitions } from './partitions.js';

const DELETE_EXPIRED_KEYS = /* sql */ `
  DELETE FROM occurrence_key
  WHERE (trigger_id, dedup_key) IN (
    SELECT trigger_id, dedup_key FROM occurrence_key
    WHERE expires_at < now()
    ORDER BY expires_at -- occurrence_key_expiry
    LIMIT $1
    FOR UPDATE SKIP LOCKED)
  RETURNING 1`;
const DELETE_EXPIRED_CALLS = /* sql */ `
  DELETE FROM keyed_call
  WHERE key IN (
    SELECT key FROM keyed_call WHERE expires_at < now() ORDER BY expires_at -- keyed_call_expiry
    LIMIT $1
    FOR UPDATE SKIP LOCKED)
  RETURNING 1`;
const KEYS_A_BATCH = 5_000;
const CHORE_LOCK = 0x6d7202;

/** The hourly chore: partitions of the days to come, and the end of keys that have expired. */
@Injectable()
export class HistoryPartitions {
  constructor(private readonly database: Database) {}

  /** @returns false when another replica is at it. */
  @Cron(CronExpression.EVERY_HOUR)
  async keepUp(): Promise<boolean> {
    // Held by a transaction: it ends with the connection, whatever happens to this process.
    return await this.database.transaction(async (client) => {
      const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        CHORE_LOCK,
      ]);
      if (rows[0]?.mine !== true) return false;
      await new Partitions(this.database).makeAhead();
      await this.deleteBatches(DELETE_EXPIRED_KEYS);
      await this.deleteBatches(DELETE_EXPIRED_CALLS);
      return true;
    });
  }

  private async deleteBatches(statement: string): Promise<void> {
    let deleted: unknown[];
    do {
      deleted = await this.database.query(statement, [KEYS_A_BATCH]);
    } while (deleted.length === KEYS_A_BATCH);
  }
}

import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { AppConfig } from '../config/app-config.js';
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
const KEYS_A_BATCH = 5_000;
const CHORE_LOCK = 0x6d7202;

/** The hourly chore: partitions of the days to come, and the end of what is older than `RETENTION`. */
@Injectable()
export class HistoryPartitions {
  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /** @returns false when another replica is at it. */
  @Cron(CronExpression.EVERY_HOUR)
  async keepUp(): Promise<boolean> {
    // Held by a transaction: it ends with the connection, whatever happens to this process.
    return await this.database.transaction(async (client) => {
      const { rows } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        CHORE_LOCK,
      ]);
      if (rows[0]?.mine !== true) return false;
      const partitions = new Partitions(this.database);
      await partitions.makeAhead();
      await partitions.dropExpired(this.config.retentionMs);
      await this.deleteExpiredKeys();
      return true;
    });
  }

  private async deleteExpiredKeys(): Promise<void> {
    let deleted: unknown[];
    do {
      deleted = await this.database.query(DELETE_EXPIRED_KEYS, [KEYS_A_BATCH]);
    } while (deleted.length === KEYS_A_BATCH);
  }
}

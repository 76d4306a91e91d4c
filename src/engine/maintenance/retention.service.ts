import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { AppConfig } from '../../common/config/app-config.js';
import { Database } from '../../common/database/database.js';
import { DAY_MS, Partitions } from '../../common/database/partitions.js';
import { WorkflowRetentions, type WorkflowRetention } from '../../workflows/workflow-retentions.js';
import { ExpiredHistory } from './expired-history.js';

const CHORE_LOCK = 0x6d7203;

/**
 * The hourly chore that ends the history (ADR 8). What `RETENTION` ends goes by whole days. A workflow that keeps for
 * less loses its rows; a day that a workflow wants for longer stays, and what belongs to the others is taken out of it.
 */
@Injectable()
export class Retention {
  private readonly partitions: Partitions;
  private readonly history: ExpiredHistory;
  /** Days that hold nothing any more but what is kept, and by whom; looking again would read all of them. */
  private readonly thinned = new Map<number, string>();

  constructor(
    private readonly database: Database,
    private readonly config: AppConfig,
    private readonly retentions: WorkflowRetentions,
  ) {
    this.partitions = new Partitions(database);
    this.history = new ExpiredHistory(database);
  }

  /** @returns false when another replica is at it. */
  @Cron(CronExpression.EVERY_HOUR)
  async keepUp(): Promise<boolean> {
    // Held by a transaction: it ends with the connection, whatever happens to this process.
    return await this.database.transaction(async (client) => {
      const { rows } = await client.query<{ mine: boolean; now: Date }>(
        'SELECT pg_try_advisory_xact_lock($1) AS mine, now() AS now',
        [CHORE_LOCK],
      );
      if (rows[0]?.mine !== true) return false;
      const now = rows[0].now.getTime();
      const asked = await this.retentions.read();
      for (const { workflowId, retentionMs } of asked) {
        if (retentionMs < this.config.retentionMs) await this.history.removeOf(workflowId, now - retentionMs);
      }
      const longer = asked.filter(({ retentionMs }) => retentionMs > this.config.retentionMs);
      await this.partitions.dropExpired(this.config.retentionMs, (day) => this.keeps(day, longer, now));
      return true;
    });
  }

  /** Whether a day that is over by `RETENTION` must stay. */
  private async keeps(day: number, longer: readonly WorkflowRetention[], now: number): Promise<boolean> {
    const keepers = longer.filter(({ retentionMs }) => day + DAY_MS > now - retentionMs).map((each) => each.workflowId);
    if (!(await this.history.holds(day, keepers))) return false;
    const mark = keepers.join();
    if (this.thinned.get(day) !== mark && (await this.history.thin(day, keepers))) this.thinned.set(day, mark);
    return true;
  }
}

import { Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { Database } from '../../common/database/database.js';
import { isId } from '../../common/ids.js';
import { Memory } from '../../common/memory/memory.contract.js';

const PAGE = 1_000;
/** Indexes: the primary keys. */
const EXISTING = {
  execution: /* sql */ `SELECT id FROM execution WHERE id = ANY($1::uuid[])`,
  workflow: /* sql */ `SELECT id FROM workflow WHERE id = ANY($1::uuid[])`,
} as const;

/** The hourly chore that forgets what executions and workflows remembered that are gone. Doing it twice does no harm. */
@Injectable()
export class OrphanedMemory {
  constructor(
    private readonly database: Database,
    private readonly memory: Memory,
  ) {}

  @Cron('37 * * * *')
  async forget(): Promise<void> {
    await this.forgetIn('execution');
    await this.forgetIn('workflow');
  }

  private async forgetIn(scope: keyof typeof EXISTING): Promise<void> {
    let owners: readonly string[];
    let after = '';
    do {
      owners = await this.memory.owners(scope, after, PAGE);
      const rows = await this.database.query<{ id: string }>(EXISTING[scope], [owners.filter(isId)]);
      const existing = new Set(rows.map(({ id }) => id));
      await this.memory.forget(
        scope,
        owners.filter((owner) => !existing.has(owner.toLowerCase())),
      );
      after = owners.at(-1) ?? '';
    } while (owners.length === PAGE);
  }
}

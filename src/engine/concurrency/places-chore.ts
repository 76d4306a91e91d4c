import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database } from '../../common/database/database.js';
import { isConnectionLoss } from '../../common/database/pg-errors.js';
import { LockManager } from '../../locks/lock-manager.js';
import { Places } from './places.service.js';
import { Supersession } from './supersession.service.js';

const EVERY_MS = 5_000;
const LOCK_MS = 30_000;

interface Wanted extends Record<string, unknown> {
  readonly key: string;
  readonly supersedes: boolean;
}

/** Index: execution_concurrency. */
const WANTED = /* sql */ `
SELECT concurrency_key AS key, bool_or(supersedes) AS supersedes FROM execution
WHERE is_open AND concurrency_key IS NOT NULL AND NOT has_place AND status = 'queued'
GROUP BY concurrency_key`;

/** Looks after every key that somebody waits for: a crash may have come between an end and the next one's place. */
@Injectable()
export class PlacesChore {
  private readonly logger = new Logger('Places');

  constructor(
    private readonly database: Database,
    private readonly locks: LockManager,
    private readonly places: Places,
    private readonly supersession: Supersession,
  ) {}

  @Interval(EVERY_MS)
  async tick(): Promise<void> {
    try {
      await this.locks.run('places', LOCK_MS, () => this.look());
    } catch (error) {
      if (!isConnectionLoss(error)) this.logger.warn({ message: 'could not look after places', err: error });
    }
  }

  private async look(): Promise<void> {
    const wanted = await this.database.query<Wanted>(WANTED);
    for (const { key } of wanted.filter((row) => row.supersedes)) await this.supersession.makeRoom(key);
    this.places.give(wanted.map(({ key }) => key));
    await this.places.idle();
  }
}

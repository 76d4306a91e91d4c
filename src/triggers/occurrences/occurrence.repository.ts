import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { idBounds } from '../../common/ids.js';
import type { Occurrence, OccurrenceFilter } from './occurrence.row.js';

/** By index `occurrence_trigger`; the bounds on the id leave whole partitions out. */
const LIST = `
SELECT * FROM occurrence
WHERE trigger_id = $1 AND ($2::text[] IS NULL OR outcome = ANY($2)) AND id >= $3 AND id < $4
ORDER BY id DESC LIMIT $5`;

const HIGHEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

@Injectable()
export class OccurrenceRepository {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<Occurrence | undefined> {
    return (await this.database.query<Occurrence>(`SELECT * FROM occurrence WHERE id = $1`, [id]))[0];
  }

  /** One row more than the limit, where there is one. `from` and `to` are about when it was recorded. */
  list(triggerId: string, filter: OccurrenceFilter): Promise<Occurrence[]> {
    const from = idBounds(filter.from?.getTime() ?? 0).lowest;
    const to = filter.to === undefined ? HIGHEST : idBounds(filter.to.getTime() + 1).lowest;
    const before = filter.before !== undefined && filter.before < to ? filter.before : to;
    return this.database.query<Occurrence>(LIST, [triggerId, filter.outcomes ?? null, from, before, filter.limit + 1]);
  }
}

import { Injectable } from '@nestjs/common';
import { Database } from '../common/database/database.js';
import { newId } from '../common/ids.js';
import { LockManager, type Lock } from './lock-manager.js';

/** Takes a free or an ended lock. The token comes from a sequence, so it rises with every acquisition. */
const ACQUIRE = /* sql */ `
INSERT INTO lock (name, token, owner, expires_at)
VALUES ($1, nextval('lock_token'), $2, now() + $3 * interval '1 millisecond')
ON CONFLICT (name) DO UPDATE
SET token = excluded.token, owner = excluded.owner, expires_at = excluded.expires_at
WHERE lock.expires_at <= now()
RETURNING token`;

const RENEW = /* sql */ `
UPDATE lock SET expires_at = now() + $4 * interval '1 millisecond'
WHERE name = $1 AND owner = $2 AND token = $3 AND expires_at > now()`;

const RELEASE = /* sql */ `DELETE FROM lock WHERE name = $1 AND owner = $2 AND token = $3`;

/** Locks as rows with an end, by the database's clock. Session advisory locks would leak through the pool. */
@Injectable()
export class PgLockManager extends LockManager {
  constructor(private readonly database: Database) {
    super();
  }

  override async acquire(name: string, ttlMs: number): Promise<Lock | null> {
    const owner = newId();
    const [row] = await this.database.query<{ token: string | number }>(ACQUIRE, [name, owner, ttlMs]);
    if (row === undefined) return null;
    const token = BigInt(row.token);
    const key = [name, owner, token.toString()];
    return {
      name,
      token,
      renew: async () => (await this.database.pool.query(RENEW, [...key, ttlMs])).rowCount === 1,
      release: async () => {
        await this.database.query(RELEASE, key);
      },
    };
  }
}

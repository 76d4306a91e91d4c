import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Database } from '../common/database/database.js';
import { sealedNameOf } from './connections/connection-seal.js';
import { SecretBox } from './secret-box.js';
import { SecretUnreadableError } from './secrets.errors.js';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly key_id: string;
  readonly sealed: Buffer;
}

/** Where something is sealed, and as what. */
const TABLES = [
  { table: 'secret', id: 'name', sealedName: (id: string) => id },
  { table: 'connection', id: 'id', sealedName: sealedNameOf },
] as const;

/**
 * Seals anew at the start what a previous key has sealed, and says what no key opens: then, not at the first step that
 * fails. Any number of replicas may do it at once: a row changes only while it is what was opened.
 */
@Injectable()
export class KeyRotation implements OnApplicationBootstrap {
  private readonly logger = new Logger(KeyRotation.name);

  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const unreadable: string[] = [];
    let rotated = 0;
    for (const { table, id, sealedName } of TABLES) {
      const rows = await this.database.query<Row>(
        `SELECT ${id}::text AS id, name, key_id, sealed FROM ${table} WHERE key_id <> $1 ORDER BY name`,
        [this.box.keyId],
      );
      for (const row of rows) {
        const value = this.open(sealedName(row.id), row);
        if (value === null) {
          unreadable.push(row.name);
          continue;
        }
        const { keyId, sealed } = this.box.seal(sealedName(row.id), value);
        const sql = `UPDATE ${table} SET key_id = $1, sealed = $2 WHERE ${id}::text = $3 AND sealed = $4 RETURNING 1`;
        rotated += (await this.database.query(sql, [keyId, sealed, row.id, row.sealed])).length;
      }
    }
    if (rotated > 0) this.logger.log(`${rotated} secrets and connections are sealed under the new SECRET_KEY`);
    if (unreadable.length === 0) return;
    const names = unreadable.join(', ');
    this.logger.error(
      `SECRET_KEY is not the one under which these were set, they cannot be opened (SECRET_KEY_PREVIOUS): ${names}`,
    );
  }

  private open(name: string, { key_id: keyId, sealed }: Row): string | null {
    try {
      return this.box.open(name, { keyId, sealed });
    } catch (error) {
      if (error instanceof SecretUnreadableError) return null;
      throw error;
    }
  }
}

import { Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import type { PoolClient } from 'pg';
import { Database } from '../database/database.js';
import { Memory, type MemoryEntry, type MemoryPlace, type MemoryScope, type MemoryWrite } from './memory.contract.js';
import { MemoryConflictError, MemoryValueError } from './memory.errors.js';

const LARGEST_VALUE = 256 * 1024;
const LIVE = '(expires_at IS NULL OR expires_at > now())';
const COLUMNS = 'key, value, revision, expires_at, written_by';

const GET = /* sql */ `SELECT ${COLUMNS} FROM memory WHERE scope = $1 AND owner = $2 AND key = $3 AND ${LIVE}`;
/** Index: the primary key. An advisory lock would not show an expired row; this one row is the lock. */
const LOCK = /* sql */ `
INSERT INTO memory (scope, owner, key, value, words, revision, expires_at) VALUES ($1, $2, $3, 'null', '', 0, now())
ON CONFLICT (scope, owner, key) DO UPDATE SET updated_at = memory.updated_at
RETURNING ${COLUMNS}, ${LIVE} AS is_live`;
const WRITE = /* sql */ `
UPDATE memory SET value = $4, words = $5, revision = revision + 1, written_by = $6, updated_at = now(),
  expires_at = CASE WHEN $7::float8 IS NULL THEN NULL ELSE now() + $7::float8 * interval '1 ms' END
WHERE scope = $1 AND owner = $2 AND key = $3 RETURNING ${COLUMNS}`;
const DELETE = /* sql */ `DELETE FROM memory WHERE scope = $1 AND owner = $2 AND key = $3`;
const LIST = /* sql */ `
SELECT ${COLUMNS} FROM memory
WHERE scope = $1 AND owner = $2 AND starts_with(key, $3) AND ${LIVE}
  AND (SELECT coalesce(bool_and(strpos(words, word) > 0 OR strpos(lower(key), word) > 0), true)
       FROM unnest($4::text[]) AS word)
ORDER BY key LIMIT $5`;
/** Index: the primary key. */
const OWNERS = /* sql */ `SELECT DISTINCT owner FROM memory WHERE scope = $1 AND owner > $2 ORDER BY owner LIMIT $3`;
const FORGET = /* sql */ `DELETE FROM memory WHERE scope = $1 AND owner = ANY($2::text[])`;
const MARK = /* sql */ `
INSERT INTO memory_mark (idempotency_key, scope, owner, key, result) VALUES ($1, $2, $3, $4, $5)`;
/** Index: the primary key. */
const MARKED = /* sql */ `
SELECT result FROM memory_mark WHERE idempotency_key = $1 AND scope = $2 AND owner = $3 AND key = $4`;
/** Longer than an attempt is repeated after. Index: memory_mark_age. */
const FORGET_MARKS = /* sql */ `DELETE FROM memory_mark WHERE made_at < now() - interval '7 days'`;
const EXPIRE = /* sql */ `DELETE FROM memory WHERE expires_at < now()`;

interface Row {
  readonly key: string;
  readonly value: unknown;
  readonly revision: number;
  readonly expires_at: Date | null;
  readonly written_by: string | null;
  readonly is_live: boolean;
}

@Injectable()
export class PgMemory extends Memory {
  constructor(private readonly database: Database) {
    super();
  }

  override async get({ scope, owner }: MemoryPlace, key: string): Promise<MemoryEntry | null> {
    const [row] = await this.database.query<Row>(GET, [scope, owner, key]);
    return row === undefined ? null : entryOf(row);
  }

  override set(place: MemoryPlace, key: string, value: unknown, write: MemoryWrite): Promise<MemoryEntry> {
    return this.change(place, key, () => value, write);
  }

  override change(
    { scope, owner }: MemoryPlace,
    key: string,
    change: (before: unknown) => unknown,
    { ttlMs, ifRevision, writtenBy }: MemoryWrite,
  ): Promise<MemoryEntry> {
    return this.database.transaction(async (client) => {
      const at = [scope, owner, key];
      const row = await lock(client, at);
      const made = await marked<Made>(client, writtenBy, at);
      if (made !== null) return { key, ...made, expiresAt: row.is_live ? row.expires_at : null };
      const found = row.is_live ? row.revision : 0;
      if (ifRevision !== null && ifRevision !== found) throw new MemoryConflictError(key, found);
      const text = serialize(change(row.is_live ? row.value : undefined));
      const values = [scope, owner, key, text, text.toLowerCase(), writtenBy, ttlMs];
      const { rows } = await client.query<Row>(WRITE, values);
      const entry = entryOf(rows[0] ?? row);
      await mark(client, writtenBy, at, { value: entry.value, revision: entry.revision });
      return entry;
    });
  }

  override delete(
    { scope, owner }: MemoryPlace,
    key: string,
    ifRevision: number | null,
    writtenBy: string | null = null,
  ): Promise<boolean> {
    return this.database.transaction(async (client) => {
      const at = [scope, owner, key];
      const row = await lock(client, at);
      const made = await marked<boolean>(client, writtenBy, at);
      if (made !== null) {
        if (!row.is_live) await client.query(DELETE, at);
        return made;
      }
      const found = row.is_live ? row.revision : 0;
      if (ifRevision !== null && ifRevision !== found) throw new MemoryConflictError(key, found);
      await client.query(DELETE, at);
      await mark(client, writtenBy, at, row.is_live);
      return row.is_live;
    });
  }

  override async list(
    { scope, owner }: MemoryPlace,
    prefix: string,
    query: string,
    limit: number,
  ): Promise<readonly MemoryEntry[]> {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = await this.database.query<Row>(LIST, [scope, owner, prefix, words, limit]);
    return rows.map(entryOf);
  }

  override async owners(scope: MemoryScope, after: string, limit: number): Promise<readonly string[]> {
    return (await this.database.query<{ owner: string }>(OWNERS, [scope, after, limit])).map(({ owner }) => owner);
  }

  override async forget(scope: MemoryScope, owners: readonly string[]): Promise<void> {
    await this.database.query(FORGET, [scope, owners]);
  }

  /** Expired values are not seen any more; this gives their room back. Index: memory_expiry. */
  @Cron('17 * * * *')
  async expire(): Promise<void> {
    await this.database.query(EXPIRE);
    await this.database.query(FORGET_MARKS);
  }
}

/** What a change came to. */
interface Made {
  readonly value: unknown;
  readonly revision: number;
}

/** What this key has changed here already; null: nothing. The row's lock keeps two attempts apart. */
async function marked<T>(client: PoolClient, writtenBy: string | null, at: readonly string[]): Promise<T | null> {
  if (writtenBy === null) return null;
  const { rows } = await client.query<{ result: T }>(MARKED, [writtenBy, ...at]);
  return rows[0]?.result ?? null;
}

async function mark(client: PoolClient, writtenBy: string | null, at: readonly string[], result: unknown) {
  if (writtenBy !== null) await client.query(MARK, [writtenBy, ...at, JSON.stringify(result)]);
}

async function lock(client: PoolClient, place: readonly string[]): Promise<Row> {
  const { rows } = await client.query<Row>(LOCK, [...place]);
  const [row] = rows;
  if (row === undefined) throw new Error('a row of "memory" was not locked');
  return row;
}

function serialize(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new MemoryValueError('The value is no JSON');
  if (Buffer.byteLength(text) > LARGEST_VALUE) {
    throw new MemoryValueError(`The value is larger than ${LARGEST_VALUE} bytes of JSON`);
  }
  return text;
}

function entryOf({ key, value, revision, expires_at }: Row): MemoryEntry {
  return { key, value, revision, expiresAt: expires_at };
}

import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { Batcher } from '../common/batcher.js';
import { Database } from '../common/database/database.js';
import type { Plain } from '../common/plain.js';
import { decodeIdCursor, type Page, pageOf } from '../common/page.js';
import type { AuditEntryDto, AuditQuery } from './access.dto.js';

export type AuditEntry = Plain<AuditEntryDto>;

const INSERT = /* sql */ `
INSERT INTO audit_log (id, at, actor, action, resource, before, after, ip)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::json[], $7::json[], $8::text[])
ON CONFLICT DO NOTHING`;

/** Index: the primary key, backwards. */
const LIST = /* sql */ `
SELECT id, at, actor, action, resource, before, after, ip FROM audit_log
WHERE ($1::uuid IS NULL OR id < $1) AND ($2::text IS NULL OR actor = $2) AND ($3::text IS NULL OR action = $3)
  AND ($4::text IS NULL OR resource = $4)
  AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
ORDER BY id DESC LIMIT $7`;

const BATCH = 500;
const RETRY_MS = 1_000;
/** While stopping, how often a batch is tried that the database does not take. */
const TRIES_AT_END = 3;

/** Who wrote what. Entries are written behind the answers, many at once; what waits is written before the process ends. */
@Injectable()
export class AuditLog implements BeforeApplicationShutdown {
  private readonly logger = new Logger(AuditLog.name);
  private readonly batcher = new Batcher<AuditEntry>((entries) => this.write(entries), BATCH);
  private readonly stopping = new AbortController();

  constructor(private readonly database: Database) {}

  add(entry: AuditEntry): void {
    this.batcher.add([entry]);
  }

  async list(query: AuditQuery): Promise<Page<AuditEntry>> {
    const before = decodeIdCursor(query.cursor);
    const values = [before, query.actor, query.action, query.resource, query.from, query.to, query.limit + 1];
    const rows = await this.database.query<AuditEntry>(
      LIST,
      values.map((value) => value ?? null),
    );
    return pageOf(
      rows,
      query.limit,
      (row) => row.id,
      (row) => row,
    );
  }

  /** Resolves when what was added so far is written. */
  async settled(): Promise<void> {
    await this.batcher.idle();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.batcher.idle();
  }

  private async write(entries: readonly AuditEntry[]): Promise<void> {
    for (let triesAtEnd = 0; triesAtEnd < TRIES_AT_END;) {
      try {
        await this.insert(entries);
        return;
      } catch (error) {
        this.logger.warn(`${entries.length} audit entries are not written yet: ${String(error)}`);
      }
      if (this.stopping.signal.aborted) triesAtEnd += 1;
      else await pause(RETRY_MS, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
    }
    this.logger.error(`${entries.length} audit entries could not be written: ${JSON.stringify(entries)}`);
  }

  private async insert(entries: readonly AuditEntry[]): Promise<void> {
    const column = (of: (entry: AuditEntry) => unknown) => entries.map(of);
    const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
    await this.database.query(INSERT, [
      column(({ id }) => id),
      column(({ at }) => at),
      column(({ actor }) => actor),
      column(({ action }) => action),
      column(({ resource }) => resource),
      column(({ before }) => json(before)),
      column(({ after }) => json(after)),
      column(({ ip }) => ip),
    ]);
  }
}

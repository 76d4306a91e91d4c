import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import { noteBefore } from '../common/api/audit.js';
import type { Caller } from '../common/api/requires.js';
import { Database } from '../common/database/database.js';
import { decodeCursor, type Page, pageOf } from '../common/page.js';
import type { Plain } from '../common/plain.js';
import { Signals } from '../common/signals/signals.contract.js';
import { SecretBox } from './secret-box.js';
import type { SecretBody, SecretDto } from './secret.dto.js';
import { SecretEntity } from './secret.entity.js';
import { SECRET_CHANGED_SIGNAL } from './secret-store.js';
import { SecretExistsError, SecretNotFoundError } from './secrets.errors.js';

const INSERT = /* sql */ `
INSERT INTO secret (name, key_id, sealed, description, created_by) VALUES ($1, $2, $3, coalesce($4, ''), $5)`;
const UPSERT = /* sql */ `${INSERT}
ON CONFLICT (name) DO UPDATE
SET key_id = excluded.key_id, sealed = excluded.sealed, description = coalesce($4, secret.description), updated_at = now()`;

/** Values go in, never out. */
@Injectable()
export class SecretsService {
  constructor(
    @InjectRepository(SecretEntity) private readonly secrets: Repository<SecretEntity>,
    private readonly database: Database,
    private readonly box: SecretBox,
    private readonly signals: Signals,
  ) {}

  async list(limit: number, cursor: string | undefined): Promise<Page<Plain<SecretDto>>> {
    const where = cursor === undefined ? {} : { name: MoreThan(String(decodeCursor(cursor))) };
    const rows = await this.secrets.find({ where, order: { name: 'ASC' }, take: limit + 1 });
    return pageOf(rows, limit, (row) => row.name, viewOf);
  }

  /** @throws SecretNotFoundError */
  async get(name: string): Promise<Plain<SecretDto>> {
    const found = await this.secrets.findOneBy({ name });
    if (found === null) throw new SecretNotFoundError(name);
    return viewOf(found);
  }

  /** @throws SecretExistsError (409) */
  async create(name: string, body: SecretBody, caller: Caller): Promise<Plain<SecretDto>> {
    const written = await this.write(`${INSERT} ON CONFLICT DO NOTHING RETURNING name`, name, body, caller);
    if (written === 0) throw new SecretExistsError(name);
    return this.changed(name);
  }

  /** Sets it, whether it was there or not. */
  async put(name: string, body: SecretBody, caller: Caller): Promise<Plain<SecretDto>> {
    const before = await this.secrets.findOneBy({ name });
    noteBefore(caller, before === null ? null : viewOf(before));
    await this.write(`${UPSERT} RETURNING name`, name, body, caller);
    return this.changed(name);
  }

  /** @throws SecretNotFoundError */
  async remove(name: string, caller: Caller): Promise<void> {
    noteBefore(caller, await this.get(name));
    await this.secrets.delete({ name });
    await this.signals.publish(SECRET_CHANGED_SIGNAL, { name });
  }

  private async write(sql: string, name: string, body: SecretBody, caller: Caller): Promise<number> {
    const { keyId, sealed } = this.box.seal(name, body.value);
    const rows = await this.database.query(sql, [name, keyId, sealed, body.description ?? null, caller.actor]);
    return rows.length;
  }

  private async changed(name: string): Promise<Plain<SecretDto>> {
    await this.signals.publish(SECRET_CHANGED_SIGNAL, { name });
    return this.get(name);
  }
}

function viewOf({ name, description, createdBy, createdAt, updatedAt }: SecretEntity): Plain<SecretDto> {
  return { name, description, created_by: createdBy, created_at: createdAt, updated_at: updatedAt };
}

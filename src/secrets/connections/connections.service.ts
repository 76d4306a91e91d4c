import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import { noteBefore } from '../../common/api/audit.js';
import type { Caller } from '../../common/api/requires.js';
import { maskedFields, unmasked } from '../../common/connections/connection-secrets.js';
import {
  readConnectionConfig,
  secretFieldsOf,
  type ConnectionType,
} from '../../common/connections/connection-types.js';
import { ConnectionNotFoundError } from '../../common/connections/connections.errors.js';
import { Database } from '../../common/database/database.js';
import { isUniqueViolation } from '../../common/database/pg-errors.js';
import type { Fault } from '../../common/errors/app-error.js';
import { isId, newId } from '../../common/ids.js';
import { decodeCursor, type Page, pageOf } from '../../common/page.js';
import type { Plain } from '../../common/plain.js';
import { Signals } from '../../common/signals/signals.contract.js';
import type { ConnectionBody, ConnectionDto, NewConnectionBody } from './connection.dto.js';
import { ConnectionEntity } from './connection.entity.js';
import { ConnectionSeal } from './connection-seal.js';
import { ConnectionExistsError, ConnectionInvalidError } from './connections.errors.js';
import { CONNECTION_CHANGED_SIGNAL } from './opened-connections.js';

type View = Plain<ConnectionDto>;
type Config = Record<string, unknown>;

const INSERT = /* sql */ `
INSERT INTO connection (id, name, type, key_id, sealed, description, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`;
const UPDATE = /* sql */ `
UPDATE connection
SET name = $3, type = $4, key_id = $5, sealed = $6, description = $7, revision = revision + 1, updated_at = now()
WHERE id = $1 AND revision = $2 RETURNING id`;

/** Secrets in configs go in and never out. */
@Injectable()
export class ConnectionsService {
  constructor(
    @InjectRepository(ConnectionEntity) private readonly connections: Repository<ConnectionEntity>,
    private readonly database: Database,
    private readonly seal: ConnectionSeal,
    private readonly signals: Signals,
  ) {}

  async list(limit: number, cursor: string | undefined): Promise<Page<View>> {
    const where = cursor === undefined ? {} : { name: MoreThan(String(decodeCursor(cursor))) };
    const rows = await this.connections.find({ where, order: { name: 'ASC' }, take: limit + 1 });
    return pageOf(
      rows,
      limit,
      (row) => row.name,
      (row) => this.seal.view(row),
    );
  }

  /** @throws ConnectionNotFoundError */
  async get(idOrName: string): Promise<View> {
    return this.seal.view(await this.find(idOrName));
  }

  /** @throws ConnectionExistsError (409), ConnectionInvalidError (422) */
  async create({ name, type, config, description = '' }: NewConnectionBody, caller: Caller): Promise<View> {
    const id = newId();
    const { keyId, sealed } = this.seal.close(id, checked(type, config));
    const values = [id, name, type, keyId, sealed, description, caller.actor];
    await this.write(name, INSERT, values);
    return this.changed(id);
  }

  /**
   * What the body leaves out stays. Secrets that come back as `***` stay too, as long as the type does.
   * @throws ConnectionNotFoundError, ConnectionExistsError, ConnectionInvalidError
   */
  async update(idOrName: string, body: ConnectionBody, caller: Caller): Promise<View> {
    const before = await this.find(idOrName);
    noteBefore(caller, this.seal.view(before));
    const { name = before.name, type = before.type, description = before.description } = body;
    const known = this.known(before, body, type);
    const config = body.config === undefined ? known : unmasked(body.config, known, secretFieldsOf(type));
    const { keyId, sealed } = this.seal.close(before.id, checked(type, config));
    const values = [before.id, before.revision, name, type, keyId, sealed, description];
    const written = await this.write(name, UPDATE, values);
    // Somebody else was faster: once more, on what is there now.
    return written === 0 ? this.update(before.id, body, caller) : this.changed(before.id);
  }

  /** @throws ConnectionNotFoundError */
  async remove(idOrName: string, caller: Caller): Promise<void> {
    const before = await this.find(idOrName);
    noteBefore(caller, this.seal.view(before));
    await this.connections.delete({ id: before.id });
    await this.signals.publish(CONNECTION_CHANGED_SIGNAL, { id: before.id });
  }

  private async find(idOrName: string): Promise<ConnectionEntity> {
    const found = await this.connections.findOneBy(isId(idOrName) ? { id: idOrName } : { name: idOrName });
    if (found === null) throw new ConnectionNotFoundError(idOrName);
    return found;
  }

  /** The config before; a new one that stands for itself does not need it, and may follow one that cannot be opened. */
  private known(before: ConnectionEntity, { config }: ConnectionBody, type: ConnectionType): Config {
    if (type !== before.type) return {};
    const needed = config === undefined || maskedFields(config, secretFieldsOf(type)).length > 0;
    return needed ? this.seal.open(before) : {};
  }

  private async write(name: string, sql: string, values: unknown[]): Promise<number> {
    try {
      const { rowCount } = await this.database.pool.query(sql, values);
      return rowCount ?? 0;
    } catch (error) {
      if (isUniqueViolation(error)) throw new ConnectionExistsError(name);
      throw error;
    }
  }

  private async changed(id: string): Promise<View> {
    await this.signals.publish(CONNECTION_CHANGED_SIGNAL, { id });
    return this.get(id);
  }
}

/** What is kept is what was written: defaults may change. @throws ConnectionInvalidError */
function checked(type: ConnectionType, config: Config): Config {
  const faults = [...maskFaults(type, config), ...readConnectionConfig(type, config).faults];
  if (faults.length === 0) return config;
  throw new ConnectionInvalidError(
    type,
    faults.map((fault) => ({ ...fault, path: fault.path === '' ? 'config' : `config.${fault.path}` })),
  );
}

function maskFaults(type: ConnectionType, config: Config): Fault[] {
  return maskedFields(config, secretFieldsOf(type)).map((path) => ({
    path,
    code: 'value_invalid',
    message: '"***" stands for a value that is kept, and there is none here. Give the value itself.',
  }));
}

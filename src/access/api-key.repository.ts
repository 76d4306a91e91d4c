import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, type QueryDeepPartialEntity, Repository } from 'typeorm';
import { Database } from '../common/database/database.js';
import { isId } from '../common/ids.js';
import type { Plain } from '../common/plain.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyNotFoundError } from './access.errors.js';

const TOUCH = /* sql */ `
UPDATE api_key SET last_used = used.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at)
WHERE api_key.id = used.id AND (last_used IS NULL OR last_used < used.at)`;

@Injectable()
export class ApiKeyRepository {
  constructor(
    @InjectRepository(ApiKeyEntity) private readonly keys: Repository<ApiKeyEntity>,
    private readonly database: Database,
  ) {}

  findByHash(hash: Buffer): Promise<ApiKeyEntity | null> {
    return this.keys.findOneBy({ hash });
  }

  /** @throws ApiKeyNotFoundError */
  async get(id: string): Promise<ApiKeyEntity> {
    const found = isId(id) ? await this.keys.findOneBy({ id }) : null;
    if (found === null) throw new ApiKeyNotFoundError(id);
    return found;
  }

  /** Newest first; one row more than `limit`. */
  list(before: string | null, limit: number): Promise<ApiKeyEntity[]> {
    const where = before === null ? {} : { id: LessThan(before) };
    return this.keys.find({ where, order: { id: 'DESC' }, take: limit + 1 });
  }

  async insert(key: Plain<ApiKeyEntity>): Promise<void> {
    await this.keys.insert(key);
  }

  /** @param change undefined fields stay as they are. */
  async update(id: string, change: QueryDeepPartialEntity<ApiKeyEntity>): Promise<void> {
    await this.keys.update({ id }, { id, ...change });
  }

  async remove(id: string): Promise<void> {
    await this.keys.delete({ id });
  }

  async touch(used: ReadonlyMap<string, Date>): Promise<void> {
    await this.database.query(TOUCH, [[...used.keys()], [...used.values()]]);
  }
}

import { Injectable } from '@nestjs/common';
import { noteBefore } from '../common/api/audit.js';
import type { Caller } from '../common/api/requires.js';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import type { Plain } from '../common/plain.js';
import { decodeIdCursor, type Page, pageOf } from '../common/page.js';
import type { ApiKeyBody, ApiKeyChange, ApiKeyDto, NewApiKeyDto } from './access.dto.js';
import type { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { KeyCache } from './key-cache.js';
import { hashOf, newKey, prefixOf } from './key-material.js';

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly cache: KeyCache,
    private readonly clock: Clock,
  ) {}

  /** The answer holds the key; afterwards nobody can see it again. */
  async create(body: ApiKeyBody, caller: Caller): Promise<Plain<NewApiKeyDto>> {
    const key = newKey();
    const entity: Plain<ApiKeyEntity> = {
      id: newId(),
      name: body.name,
      hash: hashOf(key),
      prefix: prefixOf(key),
      role: body.role,
      scopes: body.scopes ?? [],
      ownerId: body.owner_id ?? null,
      createdBy: caller.actor,
      createdAt: this.clock.date(),
      expiresAt: dateIn(body.expires_at) ?? null,
      lastUsed: null,
    };
    await this.keys.insert(entity);
    // A replica may remember that this key did not exist only if somebody guessed it: nothing to invalidate.
    return { ...viewOf(entity), key };
  }

  async list(limit: number, cursor: string | undefined): Promise<Page<Plain<ApiKeyDto>>> {
    const before = decodeIdCursor(cursor);
    return pageOf(await this.keys.list(before, limit), limit, (key) => key.id, viewOf);
  }

  async get(id: string): Promise<Plain<ApiKeyDto>> {
    return viewOf(await this.keys.get(id));
  }

  async change(id: string, body: ApiKeyChange, caller: Caller): Promise<Plain<ApiKeyDto>> {
    noteBefore(caller, await this.get(id));
    const { name, role, scopes, expires_at } = body;
    await this.keys.update(id, { name, role, scopes, expiresAt: dateIn(expires_at) });
    await this.cache.invalidate();
    return this.get(id);
  }

  async remove(id: string, caller: Caller): Promise<void> {
    noteBefore(caller, await this.get(id));
    await this.keys.remove(id);
    await this.cache.invalidate();
  }
}

function dateIn(text: string | null | undefined): Date | null | undefined {
  return typeof text === 'string' ? new Date(text) : text;
}

function viewOf(key: Plain<ApiKeyEntity>): Plain<ApiKeyDto> {
  const { id, name, prefix, role, scopes, ownerId, createdBy, createdAt, expiresAt, lastUsed } = key;
  const times = { created_at: createdAt, expires_at: expiresAt, last_used: lastUsed };
  return { id, name, prefix, role, scopes, owner_id: ownerId, created_by: createdBy, ...times };
}

import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { AppConfig } from '../common/config/app-config.js';
import { UnauthorizedError } from './access.errors.js';
import type { Identity } from './credentials.js';
import { JwtVerifier } from './jwt-verifier.js';
import { KeyCache } from './key-cache.js';
import { looksLikeKey, sameSecret } from './key-material.js';
import { KeyUsage } from './key-usage.js';

const ADMIN: Identity = { actor: 'admin', name: 'admin', role: 'admin', ownerId: null, scopes: [], expiresAt: null };

/** Tells who a token belongs to: the administrator's key, an API key, or a JWT. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly config: AppConfig,
    private readonly keys: KeyCache,
    private readonly usage: KeyUsage,
    private readonly jwt: JwtVerifier,
    private readonly clock: Clock,
  ) {}

  /** @throws UnauthorizedError (401) */
  async authenticate(token: string): Promise<Identity> {
    const { adminApiKey } = this.config;
    if (adminApiKey !== null && sameSecret(token, adminApiKey)) return ADMIN;
    if (looksLikeKey(token)) return this.byKey(token);
    if (this.jwt.isConfigured) return this.jwt.verify(token);
    throw new UnauthorizedError('credentials_invalid');
  }

  private async byKey(token: string): Promise<Identity> {
    const key = await this.keys.find(token);
    if (key === null) throw new UnauthorizedError('credentials_invalid');
    if (key.expiresAt !== null && key.expiresAt.getTime() <= this.clock.now())
      throw new UnauthorizedError('credentials_expired');
    this.usage.note(key.id);
    const { name, role, ownerId, scopes, expiresAt } = key;
    return { actor: `key:${key.id}`, name, role, ownerId, scopes, expiresAt };
  }
}

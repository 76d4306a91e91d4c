import { Injectable } from '@nestjs/common';
import {
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type JWTVerifyOptions,
} from 'jose';
import { ROLES, type AccessRole } from '../common/api/requires.js';
import { AppConfig } from '../common/config/app-config.js';
import { UnauthorizedError } from './access.errors.js';
import type { Identity } from './credentials.js';

/** Fixed here, never taken from the token: a shared secret signs by HMAC, a key set by an asymmetric algorithm. */
const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'];
const KEY_SET_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE = '30s';

/** Checks JWTs of the configured issuer: signature, algorithm, issuer, audience, expiry. */
@Injectable()
export class JwtVerifier {
  private readonly keySet: JWTVerifyGetKey | null;
  private readonly secret: Uint8Array | null;
  private readonly options: JWTVerifyOptions;

  constructor(config: AppConfig) {
    const { secret, jwksUrl, issuer, audience } = config.jwt;
    this.keySet = jwksUrl === null ? null : createRemoteJWKSet(new URL(jwksUrl));
    this.secret = secret === null ? null : new TextEncoder().encode(secret);
    this.options = {
      ...(issuer === null ? {} : { issuer }),
      ...(audience === null ? {} : { audience }),
      clockTolerance: CLOCK_TOLERANCE,
      requiredClaims: ['sub', 'exp'],
    };
  }

  get isConfigured(): boolean {
    return this.keySet !== null || this.secret !== null;
  }

  /** @throws UnauthorizedError (401) */
  async verify(token: string): Promise<Identity> {
    try {
      return identityOf(await this.payloadOf(token));
    } catch (error) {
      if (error instanceof UnauthorizedError) throw error;
      throw new UnauthorizedError(
        error instanceof errors.JWTExpired ? 'credentials_expired' : 'credentials_invalid',
        error,
      );
    }
  }

  private async payloadOf(token: string): Promise<JWTPayload> {
    if (this.keySet !== null) {
      return (await jwtVerify(token, this.keySet, { ...this.options, algorithms: KEY_SET_ALGORITHMS })).payload;
    }
    if (this.secret === null) throw new UnauthorizedError('credentials_invalid');
    return (await jwtVerify(token, this.secret, { ...this.options, algorithms: SECRET_ALGORITHMS })).payload;
  }
}

function identityOf(payload: JWTPayload): Identity {
  const role = roleIn(payload);
  const sub = payload.sub ?? '';
  // Without a role of ours the token says who, but not what they may do.
  if (role === undefined || sub === '') throw new UnauthorizedError('credentials_invalid');
  const expiresAt = payload.exp === undefined ? null : new Date(payload.exp * 1000);
  return { actor: `jwt:${sub}`, name: sub, role, ownerId: sub, scopes: [], expiresAt };
}

/** `app_metadata.role` comes first: Supabase's own `role` claim is `authenticated`, which is no role here. */
function roleIn(payload: JWTPayload): AccessRole | undefined {
  const metadata = payload['app_metadata'] as { role?: unknown } | undefined;
  return [metadata?.role, payload['role']].find((role): role is AccessRole =>
    (ROLES as readonly unknown[]).includes(role),
  );
}

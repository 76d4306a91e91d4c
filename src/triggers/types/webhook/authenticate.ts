import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { jwtVerify, type JWTVerifyOptions } from 'jose';
import type { PublicRequest } from '../../trigger.contract.js';
import { DeliveryRefusedError } from '../../triggers.errors.js';
import type { KeySets } from './key-sets.js';
import { secretsOf } from './secret-values.js';
import { headerOf, signatureScheme, verifySignature } from './signatures.js';
import type { WebhookAuth } from './webhook.dto.js';

/** @throws DeliveryRefusedError 401, reason `signature` for signatures, else `credentials` */
export async function authenticate(
  auth: WebhookAuth,
  request: PublicRequest,
  now: number,
  keys: KeySets,
): Promise<void> {
  const { headers } = request;
  switch (auth.type) {
    case 'none':
      return;
    case 'basic':
      expect(credentialsOf(headers, 'basic'), basicOf(auth), 'Basic realm="webhook"');
      return;
    case 'bearer':
      expect(credentialsOf(headers, 'bearer'), auth.token, 'Bearer');
      return;
    case 'header':
      expect(headerOf(headers, auth.header ?? ''), auth.value);
      return;
    case 'api_key':
      expect(headerOf(headers, 'x-api-key'), auth.key);
      return;
    case 'jwt':
      await checkToken(auth, credentialsOf(headers, 'bearer'), now, keys);
      return;
    default:
      checkSignature(auth, request, now);
  }
}

/** The name of a scheme heeds no case (RFC 9110, 11.1). */
function credentialsOf(headers: IncomingHttpHeaders, scheme: 'basic' | 'bearer'): string | undefined {
  const [name = '', ...rest] = (headerOf(headers, 'authorization') ?? '').split(' ');
  return name.toLowerCase() === scheme ? rest.join(' ').trim() : undefined;
}

function basicOf(auth: WebhookAuth): string | undefined {
  if (!auth.username || !auth.password) return undefined;
  return Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
}

/** Compared by digest: constant time, whatever the lengths. An expectation that is empty refuses all. */
function expect(given: string | undefined, expected: string | undefined, challenge?: string): void {
  const isEqual = timingSafeEqual(digest(given ?? ''), digest(expected ?? ''));
  if (given !== undefined && expected !== undefined && expected !== '' && isEqual) return;
  throw refused(
    'credentials_invalid',
    'The credentials of this delivery are missing or wrong.',
    'credentials',
    challenge,
  );
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function checkSignature(auth: WebhookAuth, request: PublicRequest, now: number): void {
  const scheme = signatureScheme(auth);
  const secrets = secretsOf(auth);
  if (scheme === null || secrets.length === 0) throw secretMissing();
  const verdict = verifySignature(scheme, secrets, request.headers, request.body, now);
  if (verdict === 'valid') return;
  const messages = {
    missing: ['signature_missing', 'This delivery is not signed.'],
    stale: ['signature_expired', 'The signature is too old, or from a clock that is far off.'],
    wrong: ['signature_invalid', 'The signature does not fit the body.'],
  } as const;
  const [code, message] = messages[verdict];
  throw refused(code, message, 'signature');
}

async function checkToken(auth: WebhookAuth, token: string | undefined, now: number, keys: KeySets): Promise<void> {
  const wrong = refused(
    'token_invalid',
    'The token is missing, expired or not for this webhook.',
    'credentials',
    'Bearer',
  );
  if (token === undefined) throw wrong;
  const algorithms = auth.algorithms ?? (auth.jwks_url === undefined ? ['HS256'] : ['RS256', 'ES256']);
  const options: JWTVerifyOptions = {
    issuer: auth.issuer,
    audience: auth.audience,
    algorithms,
    currentDate: new Date(now),
  };
  if (auth.jwks_url !== undefined) {
    await jwtVerify(token, keys.of(auth.jwks_url), options).catch(() => Promise.reject(wrong));
    return;
  }
  const secrets = secretsOf(auth);
  if (secrets.length === 0) throw secretMissing();
  await Promise.any(secrets.map((secret) => jwtVerify(token, Buffer.from(secret), options))).catch(() =>
    Promise.reject(wrong),
  );
}

export function secretMissing(): DeliveryRefusedError {
  return refused('secret_missing', 'This webhook refuses all deliveries until its secret is set.', 'signature');
}

function refused(code: string, message: string, reason: string, challenge?: string): DeliveryRefusedError {
  const headers = challenge === undefined ? undefined : { 'WWW-Authenticate': challenge };
  return new DeliveryRefusedError({ status: 401, code, message, reason, headers });
}

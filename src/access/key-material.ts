import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX = 'mr_';
const SHOWN = 10;

/** A new API key: `mr_` and 32 random bytes in base64url. */
export function newKey(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

export function looksLikeKey(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** The key itself is random and long, so no slow hash is needed. */
export function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

export function prefixOf(key: string): string {
  return key.slice(0, SHOWN);
}

/** Compares in a time that does not depend on where, or whether, the texts differ. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(hashOf(given), hashOf(expected));
}

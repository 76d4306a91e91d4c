import type { IncomingHttpHeaders } from 'node:http';
import type { AccessRole } from '../common/api/requires.js';

/** Who somebody proved to be. */
export interface Identity {
  /** `key:<id>`, `admin`, or `jwt:<sub>`. */
  readonly actor: string;
  readonly name: string;
  readonly role: AccessRole;
  readonly ownerId: string | null;
  readonly scopes: readonly string[];
  readonly expiresAt: Date | null;
}

/** The password of `Authorization: Basic …`, whatever the name. */
export function passwordIn(headers: IncomingHttpHeaders): string | undefined {
  const encoded = /^Basic +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const password = /:(.+)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString())?.[1];
  return password;
}

/** The token of `Authorization: Bearer …` or `X-API-Key`; undefined when neither was sent. */
export function tokenIn(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const key = headers['x-api-key'];
  return bearer ?? (typeof key === 'string' && key !== '' ? key : undefined);
}

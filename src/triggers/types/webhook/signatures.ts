import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { parseDuration } from '../../../common/duration.js';
import type { WebhookAuth } from './webhook.dto.js';

/** How a signature is made and where it stands. */
export interface SignatureScheme {
  readonly algorithm: string;
  readonly encoding: 'hex' | 'base64';
  /** With `{timestamp}`, `{id}` and `{body}`. */
  readonly template: string;
  readonly timestampOf: (headers: IncomingHttpHeaders) => string | undefined;
  readonly idOf: (headers: IncomingHttpHeaders) => string | undefined;
  /** The signatures that a delivery brings, without prefixes. */
  readonly signaturesOf: (headers: IncomingHttpHeaders) => string[];
  readonly keyOf: (secret: string) => Buffer;
  readonly toleranceMs: number;
}

export type SignatureVerdict = 'valid' | 'missing' | 'stale' | 'wrong';

const utf8 = (secret: string): Buffer => Buffer.from(secret, 'utf8');
const nothing = (): undefined => undefined;

export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value[0] : value;
}

function prefixed(name: string, prefix: string) {
  return (headers: IncomingHttpHeaders): string[] => {
    const value = headerOf(headers, name);
    return value?.startsWith(prefix) === true ? [value.slice(prefix.length)] : [];
  };
}

/** `t=…,v1=…,v1=…`: Stripe, "Verify webhook signatures manually". */
function stripeParts(headers: IncomingHttpHeaders, wanted: string): string[] {
  const parts = (headerOf(headers, 'stripe-signature') ?? '').split(',').map((part) => part.trim());
  return parts.filter((part) => part.startsWith(`${wanted}=`)).map((part) => part.slice(wanted.length + 1));
}

/** The scheme of an auth config; null for kinds without signatures. */
export function signatureScheme(auth: WebhookAuth): SignatureScheme | null {
  const toleranceMs = parseDuration(auth.tolerance) ?? 300_000;
  const base = { algorithm: 'sha256', encoding: 'hex' as const, idOf: nothing, keyOf: utf8, toleranceMs };
  switch (auth.type) {
    case 'github':
      return {
        ...base,
        template: '{body}',
        timestampOf: nothing,
        signaturesOf: prefixed('x-hub-signature-256', 'sha256='),
      };
    case 'stripe':
      return {
        ...base,
        template: '{timestamp}.{body}',
        timestampOf: (headers) => stripeParts(headers, 't')[0],
        signaturesOf: (headers) => stripeParts(headers, 'v1'),
      };
    case 'slack':
      return {
        ...base,
        template: 'v0:{timestamp}:{body}',
        timestampOf: (headers) => headerOf(headers, 'x-slack-request-timestamp'),
        signaturesOf: prefixed('x-slack-signature', 'v0='),
      };
    case 'standard_webhooks':
      return { ...base, ...STANDARD_WEBHOOKS };
    case 'hmac':
      return customScheme(auth, toleranceMs);
    default:
      return null;
  }
}

/** github.com/standard-webhooks/standard-webhooks, "Signature scheme". */
const STANDARD_WEBHOOKS = {
  encoding: 'base64',
  template: '{id}.{timestamp}.{body}',
  timestampOf: (headers: IncomingHttpHeaders) => headerOf(headers, 'webhook-timestamp'),
  idOf: (headers: IncomingHttpHeaders) => headerOf(headers, 'webhook-id'),
  signaturesOf: (headers: IncomingHttpHeaders) =>
    (headerOf(headers, 'webhook-signature') ?? '')
      .split(' ')
      .filter((part) => part.startsWith('v1,'))
      .map((part) => part.slice(3)),
  keyOf: (secret: string) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'),
} as const;

function customScheme(auth: WebhookAuth, toleranceMs: number): SignatureScheme {
  const timestamp = auth.timestamp_header;
  return {
    algorithm: auth.algorithm,
    encoding: auth.encoding,
    template: auth.template ?? (timestamp === undefined ? '{body}' : '{timestamp}.{body}'),
    timestampOf: (headers) => (timestamp === undefined ? undefined : headerOf(headers, timestamp)),
    idOf: (headers) => headerOf(headers, 'webhook-id'),
    signaturesOf: prefixed(auth.header ?? 'x-signature', auth.prefix),
    keyOf: utf8,
    toleranceMs,
  };
}

/** Over the bytes as they came. Every secret and every signature is compared, in constant time. */
export function verifySignature(
  scheme: SignatureScheme,
  secrets: readonly string[],
  headers: IncomingHttpHeaders,
  body: Buffer,
  now: number,
): SignatureVerdict {
  const given = scheme
    .signaturesOf(headers)
    .slice(0, 10)
    .map((text) => Buffer.from(text, scheme.encoding));
  if (given.length === 0) return 'missing';
  const timestamp = scheme.timestampOf(headers);
  if (scheme.template.includes('{timestamp}')) {
    if (timestamp === undefined) return 'missing';
    if (!isRecent(timestamp, scheme.toleranceMs, now)) return 'stale';
  }
  let isValid = false;
  for (const secret of secrets) {
    const expected = sign(scheme, secret, timestamp ?? '', scheme.idOf(headers) ?? '', body);
    for (const one of given) {
      if (one.length === expected.length && timingSafeEqual(one, expected)) isValid = true;
    }
  }
  return isValid ? 'valid' : 'wrong';
}

export function sign(scheme: SignatureScheme, secret: string, timestamp: string, id: string, body: Buffer): Buffer {
  const hmac = createHmac(scheme.algorithm, scheme.keyOf(secret));
  for (const part of scheme.template.split(/(\{timestamp\}|\{id\}|\{body\})/)) {
    hmac.update(part === '{body}' ? body : part === '{timestamp}' ? timestamp : part === '{id}' ? id : part);
  }
  return hmac.digest();
}

/** Unix time in seconds; milliseconds where the number can be nothing else. */
function isRecent(timestamp: string, toleranceMs: number, now: number): boolean {
  if (!/^\d{1,14}$/.test(timestamp)) return false;
  const number = Number(timestamp);
  const at = number > 100_000_000_000 ? number : number * 1000;
  return Math.abs(now - at) <= toleranceMs;
}

import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';

const SIGNATURE_BYTES = 32;
const LONGEST_TOKEN = 400;

/**
 * Tokens that stand in public links: some bytes that say what they are for, and HMAC-SHA-256 over them, by a key derived
 * from SECRET_KEY (HKDF) for each purpose. Whoever has one may use it, so they are single-use where they are used.
 */
@Injectable()
export class SignedTokens {
  private readonly keys = new Map<string, Buffer>();

  constructor(private readonly config: AppConfig) {}

  sign(purpose: string, content: Buffer): string {
    return Buffer.concat([content, this.signature(purpose, content)]).toString('base64url');
  }

  /** @returns the content; null when the token was not made here for this purpose. */
  open(purpose: string, token: string): Buffer | null {
    if (token.length > LONGEST_TOKEN) return null;
    const bytes = Buffer.from(token, 'base64url');
    // The last character may have spare bits: only one spelling counts.
    if (bytes.length <= SIGNATURE_BYTES || bytes.toString('base64url') !== token) return null;
    const content = bytes.subarray(0, -SIGNATURE_BYTES);
    const given = bytes.subarray(-SIGNATURE_BYTES);
    return timingSafeEqual(given, this.signature(purpose, content)) ? content : null;
  }

  /** The address of a public route, as people reach it. */
  url(path: string): string {
    return this.config.publicUrl + path;
  }

  private signature(purpose: string, content: Buffer): Buffer {
    return createHmac('sha256', this.keyFor(purpose)).update(content).digest();
  }

  private keyFor(purpose: string): Buffer {
    const known = this.keys.get(purpose);
    if (known !== undefined) return known;
    const { secretKey } = this.config;
    if (secretKey === null) throw new Error('SECRET_KEY must be known before links can be signed');
    const key = Buffer.from(hkdfSync('sha256', secretKey, 'millrace', `links/1/${purpose}`, 32));
    this.keys.set(purpose, key);
    return key;
  }
}

/** The 16 bytes of an id, for a token. */
export function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

export function idOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

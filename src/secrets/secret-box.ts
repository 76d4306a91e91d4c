import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { SecretUnreadableError } from './secrets.errors.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface SealedSecret {
  readonly keyId: string;
  /** Nonce, tag, ciphertext. */
  readonly sealed: Buffer;
}

/**
 * AES-256-GCM under a key derived from SECRET_KEY (HKDF-SHA-256: SECRET_KEY is long and random, so no slow derivation is
 * needed). The secret's name is authenticated too, so that a row cannot stand in for another.
 */
export class SecretBox {
  /** Tells keys apart without telling the key. */
  readonly keyId: string;
  private readonly key: Buffer;
  private readonly keys: ReadonlyMap<string, Buffer>;

  /** @param previous the key of before, under which nothing is sealed any more. */
  constructor(secretKey: string, previous: string | null = null) {
    this.key = derive(secretKey);
    this.keyId = idOf(this.key);
    this.keys = new Map([...(previous === null ? [] : [derive(previous)]), this.key].map((key) => [idOf(key), key]));
  }

  seal(name: string, value: string): SealedSecret {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(name));
    const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return { keyId: this.keyId, sealed: Buffer.concat([nonce, cipher.getAuthTag(), text]) };
  }

  /** @throws SecretUnreadableError */
  open(name: string, { keyId, sealed }: SealedSecret): string {
    const key = this.keys.get(keyId);
    if (key === undefined) {
      throw new SecretUnreadableError(
        name,
        `it was sealed under another SECRET_KEY (key id ${keyId}; this server's is ${this.keyId})`,
      );
    }
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(name)).setAuthTag(tag);
      const text = [decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()];
      return Buffer.concat(text).toString('utf8');
    } catch (cause) {
      throw new SecretUnreadableError(name, 'what is stored was altered', cause);
    }
  }
}

function derive(secretKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, 'millrace', 'secrets/1', 32));
}

function idOf(key: Buffer): string {
  return createHash('sha256').update('key-id').update(key).digest('hex').slice(0, 12);
}

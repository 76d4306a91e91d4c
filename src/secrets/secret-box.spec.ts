import { describe, expect, it } from 'vitest';
import { SecretBox } from './secret-box.js';

const box = new SecretBox('a secret key of 32 characters or more');

describe('a sealed secret', () => {
  it('opens under the same key, and never seals to the same bytes twice', () => {
    const sealed = box.seal('token', 'válue \u0000 ✓');
    expect(box.open('token', sealed)).toBe('válue \u0000 ✓');
    expect(box.seal('token', 'válue \u0000 ✓').sealed.equals(sealed.sealed)).toBe(false);
  });

  it('opens under a new key that knows the previous one, and is sealed under the new one only', () => {
    const rotated = new SecretBox('a new secret key of 32 characters or more', 'a secret key of 32 characters or more');
    expect(rotated.open('token', box.seal('token', 'v'))).toBe('v');
    expect(() => box.open('token', rotated.seal('token', 'v'))).toThrow(/another SECRET_KEY/);
  });

  it('says so under another key', () => {
    const other = new SecretBox('another secret key of 32 characters..');
    expect(() => other.open('token', box.seal('token', 'v'))).toThrow(/another SECRET_KEY/);
  });

  it('does not open when a byte was altered, or under another name', () => {
    const { keyId, sealed } = box.seal('token', 'value');
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed);
      altered.writeUInt8(sealed.readUInt8(at) ^ 1, at);
      expect(() => box.open('token', { keyId, sealed: altered })).toThrow(/altered/);
    }
    expect(() => box.open('other', { keyId, sealed })).toThrow(/altered/);
    expect(() => box.open('token', { keyId, sealed: sealed.subarray(0, 20) })).toThrow(/altered/);
  });
});

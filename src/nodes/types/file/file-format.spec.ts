import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode } from './file-format.js';

const bytesOf = (content: string | Buffer): Buffer => Buffer.from(content as string);

describe('the content of a file step', () => {
  it('comes back as it was written, in each format', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, (value) => {
        expect(decode(bytesOf(encode(value, 'text')), 'text')).toBe(value);
      }),
    );
    const bytes = fc.uint8Array().map((value) => Buffer.from(value).toString('base64'));
    fc.assert(
      fc.property(bytes, (value) => {
        expect(decode(bytesOf(encode(value, 'base64')), 'base64')).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(decode(bytesOf(encode(value, 'json')), 'json')).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([
    [{ a: 1 }, 'text'],
    [7, 'base64'],
    ['no base64!', 'base64'],
    ['AP8', 'base64'],
  ] as const)('%j is refused as %s', (content, format) => {
    expect(() => encode(content, format)).toThrow(
      expect.objectContaining({ code: 'content_invalid', retryable: false }) as Error,
    );
  });

  it('is refused where the file is something else', () => {
    for (const format of ['text', 'json'] as const)
      expect(() => decode(Buffer.from([0xff]), format)).toThrow(
        expect.objectContaining({ code: 'content_invalid' }) as Error,
      );
    expect(() => decode(Buffer.from('{'), 'json')).toThrow(
      expect.objectContaining({ code: 'content_invalid' }) as Error,
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor.js';

const SECRET = 'pa$$"w/rd?+ünïcode';

function redactor(...secrets: string[]): Redactor {
  const made = new Redactor();
  made.add(...secrets);
  return made;
}

describe('the redactor', () => {
  it.each([
    ['plain', SECRET],
    ['JSON', JSON.stringify({ a: SECRET })],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ a: SECRET }))],
    ['URL', `https://x/?q=${encodeURIComponent(SECRET)}&r=1`],
    ['form', new URLSearchParams({ q: SECRET }).toString()],
    ['lower-case URL', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['base64', Buffer.from(SECRET).toString('base64')],
    ['base64url', Buffer.from(SECRET).toString('base64url')],
    ['Basic credentials', `Basic ${Buffer.from(`user:${SECRET}`).toString('base64')}`],
  ])('takes out the %s form', (_name, text) => {
    const out = redactor(SECRET).text(`before ${text} after`);
    expect(out).toContain('***');
    expect(out).toMatch(/^before .* after$/);
    expect(out).not.toContain(SECRET.slice(0, 6));
    expect(Buffer.from(out, 'base64').toString()).not.toContain(SECRET);
  });

  it('takes a secret out of any text that holds it in base64, whatever stands around it', () => {
    const known = redactor(SECRET);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
        const encoded = Buffer.from(before + SECRET + after).toString('base64');
        return !Buffer.from(known.text(encoded), 'base64').toString().includes(SECRET);
      }),
    );
  });

  it('goes through values, keys and numbers, and gives back the very value where nothing is secret', () => {
    const known = redactor('hunter2', '123456');
    expect(known.value({ a: [{ hunter2: 'x hunter2' }], n: 123456, ok: 1 })).toEqual({
      a: [{ '***': 'x ***' }],
      n: '***',
      ok: 1,
    });
    const innocent = { a: [1, { b: 'c' }], at: new Date(0) };
    expect(known.value(innocent)).toBe(innocent);
  });

  it('takes the longer secret where one holds the other', () => {
    expect(redactor('abcd', 'abcdefgh').text('abcdefgh abcd')).toBe('*** ***');
  });

  it('lets out of a text that goes on only what no secret can begin with', () => {
    const known = redactor('hunter2', 'hunter2!long');
    const shown = (text: string): string => text.slice(0, known.settledLength(text));
    expect(shown('it is hun')).toBe('it is ');
    expect(shown('it is huge')).toBe('it is huge');
    // Whole, but the longer one may still follow.
    expect(shown('it is hunter2')).toBe('it is ');
    expect(shown('it is hunter2?')).toBe('it is hunter2?');
    expect(redactor().settledLength('anything')).toBe(8);
  });

  it('takes a secret out of a text that comes in pieces, wherever they are cut', () => {
    const secrets = ['xaxa', 'xabc', SECRET];
    const known = redactor(...secrets);
    const word = fc.constantFrom(...secrets, 'x', 'xa', 'pa$', ' ', 'o');
    fc.assert(
      fc.property(fc.array(word), fc.array(fc.nat(9)), (words, lengths) => {
        let [rest, held, out] = [words.join(''), '', ''];
        for (const length of [...lengths, rest.length]) {
          held += rest.slice(0, length);
          rest = rest.slice(length);
          const end = known.settledLength(held);
          out += known.text(held.slice(0, end));
          held = held.slice(end);
        }
        return out + known.text(held) === known.text(words.join(''));
      }),
    );
  });

  it('takes out each line of a key of several lines, and leaves how it begins and ends', () => {
    const key = '-----BEGIN KEY-----\r\nMIIEvQIBADANBgkqhkiG\r\n9w0BAQEFAASCBKcwggSj\r\nAg==\r\n-----END KEY-----\r\n';
    const known = redactor(key);
    expect(known.text(key)).toBe('***');
    expect(known.text('a 9w0BAQEFAASCBKcwggSj b')).toBe('a *** b');
    expect(known.text(key.replaceAll('\r\n', '\n'))).toBe('-----BEGIN KEY-----\n***\n***\nAg==\n-----END KEY-----\n');
  });

  it('changes nothing while it knows no secret, and leaves very short ones', () => {
    expect(redactor('', 'abc').text('abc')).toBe('abc');
  });
});

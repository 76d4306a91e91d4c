import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attachment, candidate, isFileName, toFileName, toMediaType } from './file-name.js';

describe('the name of a file', () => {
  it.each(['a.txt', 'Bericht 2026.pdf', '報告.csv', '.env', 'a..b', '🙂'])('may be %j', (name) => {
    expect(isFileName(name)).toBe(true);
    expect(toFileName(name)).toBe(name);
  });

  it.each(['', '.', '..', '../a', 'a/b', 'a\\b', 'a\nb', 'a\u0000', ' a', 'a\u202etxt.exe', '\ud800', 'x'.repeat(256)])(
    'may not be %j',
    (name) => expect(isFileName(name)).toBe(false),
  );

  it('that comes from outside becomes one that may be', () => {
    expect(toFileName('../../etc/passwd')).toBe('passwd');
    expect(toFileName('C:\\temp\\a.txt')).toBe('a.txt');
    expect(toFileName('a\r\nb')).toBe('a__b');
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => isFileName(toFileName(text))));
  });

  it('that is taken is followed by others, each a name', () => {
    expect([1, 2, 3].map((count) => candidate('a.csv', count))).toEqual(['a.csv', 'a-2.csv', 'a-3.csv']);
    expect(candidate('.env', 2)).toBe('.env-2');
    expect(isFileName(candidate('é'.repeat(127), 10))).toBe(true);
  });
});

describe('what a download says of a file', () => {
  it('cannot leave its header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        expect(attachment(toFileName(text))).toMatch(/^attachment; filename="[^"\\]*"; filename\*=UTF-8''[\w.!~%-]*$/);
        expect(toMediaType(text)).toMatch(/^[\x20-\x7e]+$/);
      }),
    );
  });

  it('keeps the name and the type', () => {
    expect(attachment('é "1".txt')).toBe(`attachment; filename="_ _1_.txt"; filename*=UTF-8''%C3%A9%20%221%22.txt`);
    expect(toMediaType('text/html; charset=utf-8')).toBe('text/html; charset=utf-8');
    expect(toMediaType('text/html\r\nset-cookie: a=b')).toBe('application/octet-stream');
  });
});

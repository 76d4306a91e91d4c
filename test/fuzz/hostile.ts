import fc from 'fast-check';

const KIB = 1024;

/** Texts that have broken parsers, databases, logs and terminals. */
export const NAUGHTY_TEXTS: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\u202eabc',
  '\ufeff',
  '﷽',
  '👩‍👩‍👧‍👦',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e309',
  '9007199254740993',
  "' OR 1=1 --",
  '"; DROP TABLE workflow; --',
  '%00',
  '%',
  '%zz',
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '<script>alert(1)</script>',
  '{{ input.x }}',
  '{{ secrets.x }}',
  '{{ [1,2,3].map(x, x * x) }}',
  '{{',
  '${jndi:ldap://127.0.0.1/a}',
  '2026-02-30T25:61:61Z',
  '+275760-09-13T00:00:00Z',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '(a+)+$',
  'x'.repeat(5_000),
];

const naughty = fc.constantFrom(...NAUGHTY_TEXTS);

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: naughty },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uuid() },
);

/** Any JSON value, with names that reach for prototypes among its keys. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom(null, true, false, 0, -1, 1e308, 2 ** 53, 0.1, [], {}, [[]], [null]),
  fc.dictionary(fc.oneof(naughty, fc.string({ maxLength: 8 })), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }),
  fc.jsonValue({ maxDepth: 4 }),
);

/** Bodies that are few and dear: bombs, depth and size. Text as it goes over the wire. */
export const BOMBS: readonly { readonly type: string; readonly body: string }[] = [
  { type: 'application/json', body: '['.repeat(100_000) },
  { type: 'application/json', body: `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}` },
  { type: 'application/json', body: `{"definition":${JSON.stringify('x'.repeat(900 * KIB))}}` },
  { type: 'application/json', body: `{"definition":{"name":"a","steps":${nested('[', ']', 5_000)}}}` },
  { type: 'application/json', body: `{"name":"a","steps":[${'{},'.repeat(100_000)}{}]}` },
  { type: 'application/json', body: `{${Array.from({ length: 50_000 }, (_, n) => `"k${n}":0`).join(',')}}` },
  { type: 'application/json', body: `{"a":${'9'.repeat(200_000)}}` },
  { type: 'application/json', body: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}' },
  { type: 'application/yaml', body: `a: ${'['.repeat(200 * KIB)}` },
  { type: 'application/yaml', body: `a: [${'1,'.repeat(500 * KIB)}]` },
  { type: 'application/yaml', body: '- }\n'.repeat(200 * KIB) },
  { type: 'application/yaml', body: '"'.repeat(KIB * KIB - 1) },
  { type: 'application/yaml', body: '!a '.repeat(300 * KIB) },
  { type: 'application/yaml', body: 'a: b: '.repeat(150 * KIB) },
  { type: 'application/yaml', body: '? '.repeat(20_000) },
  { type: 'application/yaml', body: `{${'a: b, '.repeat(150 * KIB)}}` },
  { type: 'application/yaml', body: laughs() },
  { type: 'application/yaml', body: `name: a\nsteps:\n${'  - {id: a, type: set}\n'.repeat(40_000)}` },
  { type: 'application/yaml', body: Array.from({ length: 60_000 }, (_, n) => `k${n}: ${n}`).join('\n') },
  { type: 'application/json', body: `{"input":${JSON.stringify('x'.repeat(11 * KIB * KIB))}}` },
];

function nested(open: string, close: string, times: number): string {
  return open.repeat(times) + close.repeat(times);
}

/** Each alias doubles what stands before it. */
function laughs(): string {
  const lines = Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`);
  return ['a0: &a0 [lol, lol]', ...lines].join('\n');
}

import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { arrayLiteral } from '../../src/common/database/array-literal.js';
import type { Database } from '../../src/common/database/database.js';
import { createTestDatabase } from '../support/test-database.js';

let database: Database;

beforeAll(async () => {
  ({ database } = await createTestDatabase());
});

/** As PostgreSQL reads it. */
async function read(type: string, values: readonly unknown[]): Promise<unknown> {
  const [row] = await database.query<{ values: unknown }>(`SELECT to_json($1::${type}[]) AS values`, [
    arrayLiteral(values),
  ]);
  return row?.values;
}

// PostgreSQL's text holds no NUL, and no half of a pair.
const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0') && value.isWellFormed());

it('gives PostgreSQL each text as it is, whatever it holds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(fc.oneof(text, fc.json(), fc.constantFrom('', 'NULL', '{}', '\\', '"', ',')))),
      async (values) => {
        expect(await read('text', values)).toEqual(values);
      },
    ),
  );
});

it('gives numbers and booleans', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }))), async (values) => {
      expect(await read('float8', values)).toEqual(
        values.map((value) => (Object.is(value, -0) ? expect.closeTo(0) : value)),
      );
    }),
  );
  expect(await read('bool', [true, false, null])).toEqual([true, false, null]);
  expect(await read('text', [10n ** 20n])).toEqual(['100000000000000000000']);
});

it('gives each instant, also far off', async () => {
  const far = fc.date({
    min: new Date('-004000-01-01T00:00:00Z'),
    max: new Date('+200000-01-01T00:00:00Z'),
    noInvalidDate: true,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(far), async (dates) => {
      const [row] = await database.query<{ at: string[] }>(
        `SELECT array(SELECT (extract(epoch FROM d) * 1000)::bigint::text FROM unnest($1::timestamptz[]) WITH ORDINALITY AS i(d, n) ORDER BY n) AS at`,
        [arrayLiteral(dates)],
      );
      expect(row?.at.map(Number)).toEqual(dates.map((date) => date.getTime()));
    }),
  );
});

it('refuses what it does not know', () => {
  expect(() => arrayLiteral([{}])).toThrow(TypeError);
  expect(() => arrayLiteral([new Date(NaN)])).toThrow(RangeError);
});

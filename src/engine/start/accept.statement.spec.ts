import { expect, it } from 'vitest';
import { acceptStatement, type AcceptRow } from './accept.statement.js';

const PLAIN = {
  request: { occurrence: null, execution: {}, key: null },
  executionId: 'e',
  timeoutMs: null,
  awaitedBy: null,
  place: null,
  parent: null,
  traceParent: null,
} as unknown as AcceptRow;

it.each([
  ['a key', { request: { ...PLAIN.request, key: { scope: 's', key: 'k', ttlMs: 1 } } }],
  ['a place under a concurrency rule', { place: {} }],
  ['a parent', { parent: {} }],
  ['files', { files: [] }],
])('an accept with %s may wait for what another transaction holds', (_, part) => {
  const row = { ...PLAIN, ...part } as AcceptRow;
  expect(acceptStatement.neverWaits?.(PLAIN)).toBe(true);
  expect(acceptStatement.neverWaits?.(row)).toBe(false);
});

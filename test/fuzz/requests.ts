import fc from 'fast-check';
import { type ApiDocument, type Operation, operationsOf, type Parameter } from '../../src/common/api/api-document.js';
import { BOMBS, hostileText, hostileValue, NAUGHTY_TEXTS } from './hostile.js';

export interface FuzzRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The operation that it is aimed at. */
  readonly operation: Operation;
  readonly name: string;
}

/** Ids of what exists, so that requests get past the look-up. */
export type Known = Readonly<Record<string, string>>;

/** Streams that stay open, and the one route that would take the key away that the fuzzer lives on. */
const LEFT_OUT = [/^GET .*\/executions\/\{id\}\/events$/];
const TYPES = ['application/json', 'application/yaml', 'text/plain', 'application/x-www-form-urlencoded', 'a/b', ''];
/** How often a request carries a bomb: one in so many. */
const BOMB_EVERY = 200;

/** Requests of every operation, each somewhat or very wrong. */
export function fuzzRequests(document: ApiDocument, known: Known): fc.Arbitrary<FuzzRequest> {
  const targets = operationsOf(document).filter(
    ({ method, path }) => !LEFT_OUT.some((one) => one.test(`${method} ${path}`)),
  );
  return fc.constantFrom(...targets).chain((target) => requestOf(target, known));
}

function requestOf(
  { path, method, operation }: { path: string; method: string; operation: Operation },
  known: Known,
): fc.Arbitrary<FuzzRequest> {
  const parameters = operation.parameters ?? [];
  const inPath = fc.record(
    Object.fromEntries(
      [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => [name, segment(known[keyOf(path, name)])]),
    ),
  );
  const inQuery = fc.record(valuesOf(parameters, 'query'), { requiredKeys: [] });
  const inHeaders = fc.record(valuesOf(parameters, 'header'), { requiredKeys: [] });
  const body = method === 'GET' ? fc.constant(null) : bodyOf(operation);
  return fc.tuple(inPath, inQuery, inHeaders, body).map(([segments, query, headers, sent]) => ({
    method,
    url: path.replace(/\{([^}]+)\}/g, (_all, name: string) => segments[name] ?? '') + queryText(query),
    headers: { ...safeHeaders(headers), ...(sent !== null && sent.type !== '' && { 'content-type': sent.type }) },
    body: sent?.body ?? null,
    operation,
    name: `${method} ${path}`,
  }));
}

/** `workflows/{id}` and `triggers/{id}` are not the same id. */
function keyOf(path: string, name: string): string {
  const before = /([^/]+)\/\{[^}]+\}/.exec(path)?.[1] ?? '';
  return name === 'id' ? before : name;
}

function segment(known: string | undefined): fc.Arbitrary<string> {
  const strange = hostileText
    .map((text) => encode(text).slice(0, 300))
    .filter((text) => !['', '.', '..'].includes(text));
  const right = known === undefined ? [] : [{ weight: 4, arbitrary: fc.constant(known) }];
  return fc.oneof(...right, { weight: 1, arbitrary: strange });
}

function valuesOf(parameters: readonly Parameter[], place: string): Record<string, fc.Arbitrary<string>> {
  const here = parameters.filter((one) => one.in === place);
  return Object.fromEntries(
    here.map(({ name, schema }) => {
      const allowed = (schema?.enum ?? schema?.items?.enum ?? []).map(String);
      const fitting = fc.constantFrom('1', '10', '2026-01-01T00:00:00Z', ...allowed);
      return [
        name,
        fc.oneof(
          fitting,
          hostileText.map((text) => text.slice(0, 500)),
        ),
      ];
    }),
  );
}

interface Sent {
  readonly type: string;
  readonly body: string;
}

function bodyOf(operation: Operation): fc.Arbitrary<Sent | null> {
  const example = operation.requestBody?.content?.['application/json']?.example;
  const json = (value: unknown): Sent => ({ type: 'application/json', body: JSON.stringify(value ?? null) });
  const broken = fc.tuple(
    fc.constantFrom(...TYPES),
    fc.oneof(hostileText, fc.constantFrom('{', '[1,', '{"a":}', 'a: [b')),
  );
  return fc.oneof(
    { weight: BOMB_EVERY / 2, arbitrary: mutated(example).map(json) },
    { weight: BOMB_EVERY / 4, arbitrary: hostileValue.map(json) },
    { weight: BOMB_EVERY / 8, arbitrary: broken.map(([type, body]) => ({ type, body })) },
    { weight: BOMB_EVERY / 8, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(...BOMBS) },
  );
}

/** The example with some fields of another value, some left out and some too many. */
function mutated(example: unknown): fc.Arbitrary<unknown> {
  if (typeof example !== 'object' || example === null || Array.isArray(example)) return hostileValue;
  const names = Object.keys(example);
  const change = fc.record({
    name: names.length === 0 ? fc.constantFrom(...NAUGHTY_TEXTS) : fc.constantFrom(...names, '__proto__', 'unknown'),
    value: fc.option(hostileValue, { nil: undefined }),
  });
  return fc.array(change, { maxLength: 3 }).map((changes) => {
    const entries = changes.map(({ name, value }) => [name, value] as const);
    // Not by assignment: `__proto__` has to go over the wire as a field.
    return Object.fromEntries([...Object.entries(example), ...entries].filter(([, value]) => value !== undefined));
  });
}

function queryText(query: Record<string, string | undefined>): string {
  const parts = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value ?? '')}`);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Half a surrogate pair and the sign that introduces escapes go as they are: the server gets what is not UTF-8. */
function encode(text: string): string {
  return /^%/.test(text) ? text : encodeURIComponent(text.toWellFormed());
}

function safeHeaders(headers: Record<string, string | undefined>): Record<string, string> {
  const all = Object.entries(headers).map(([name, value]) => [
    name,
    (value ?? '').replace(/[^\x20-\x7e\x80-\xff]/g, '?'),
  ]);
  return Object.fromEntries(all) as Record<string, string>;
}

import { createConfig, lintFromString } from '@redocly/openapi-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiDocument, type Operation, operationsOf } from '../../src/common/api/api-document.js';
import { CONDITIONAL, promisedRoutes, STARTING } from '../openapi/routes.js';
import { startServer, type TestServer } from '../support/server.js';
import { createTestDatabase } from '../support/test-database.js';

let server: TestServer;
let source: string;
let document: ApiDocument;
let operations: Map<string, Operation>;
beforeAll(async () => {
  server = await startServer({ databaseUrl: (await createTestDatabase()).url });
  source = await (await fetch(`${server.url}/openapi.json`)).text();
  document = JSON.parse(source) as ApiDocument;
  operations = new Map(operationsOf(document).map(({ path, method, operation }) => [nameOf(method, path), operation]));
});

describe('the OpenAPI document', () => {
  it.each(promisedRoutes())('has $name with its filters', ({ name, query }) => {
    const operation = operations.get(name);
    expect(operation, `${name} is missing`).toBeDefined();
    expect(parameters(operation, 'query')).toEqual(expect.arrayContaining([...query]));
  });

  it('has no route that is promised to nobody', () => {
    const promised = new Set(promisedRoutes().map(({ name }) => name));
    expect([...operations.keys()].filter((name) => !promised.has(name))).toEqual([]);
  });

  it('gives every operation a summary, its error answers, and an example wherever JSON goes in or out', () => {
    const faults = [...operations].flatMap(([name, operation]) =>
      faultsOf(name, operation).map((fault) => `${name}: ${fault}`),
    );
    expect(faults).toEqual([]);
  });

  it('names Idempotency-Key on every POST that starts something', () => {
    const without = STARTING.filter((path) => !hasHeader(`POST ${path}`, 'Idempotency-Key'));
    expect(without).toEqual([]);
  });

  it('names If-Match and 412 on every write on a workflow', () => {
    const without = CONDITIONAL.filter(
      (name) => !hasHeader(name, 'If-Match') || operations.get(name)?.responses['412'] === undefined,
    );
    expect(without).toEqual([]);
  });

  it('lints clean as OpenAPI 3.1, its examples included', async () => {
    const config = await createConfig({ extends: ['recommended'], rules: { 'tag-description': 'off' } });
    const problems = await lintFromString({ source, absoluteRef: '/openapi.json', config });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  });
});

describe('the short base', () => {
  it('serves the same routes at /v1', async () => {
    const long = await server.fetch('/api/v1/node-types');
    const short = await server.fetch('/v1/node-types');
    expect([long.status, short.status]).toEqual([200, 200]);
    expect(await short.json()).toEqual(await long.json());
  });
});

describe('the pages to read', () => {
  it.each(['/redoc', '/docs'])('serves %s without a key', async (path) => {
    const answer = await fetch(server.url + path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/html');
  });

  it('serves ReDoc from this server alone, and forbids everything else', async () => {
    const answer = await fetch(`${server.url}/redoc`);
    const page = await answer.text();
    expect(page).not.toMatch(/https?:\/\//);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*/);
    const script = /<script src="([^"]+)"/.exec(page)?.[1] ?? '';
    const bundle = await fetch(server.url + script);
    expect(bundle.headers.get('content-type')).toContain('text/javascript');
    expect(await bundle.text()).toContain('Redoc');
  });
});

function nameOf(method: string, path: string): string {
  const short = path.startsWith('/api/v1') ? path.slice('/api/v1'.length) : `!${path}`;
  return `${method} ${short.replace(/\{[^}]+\}/g, '{}')}`;
}

function parameters(operation: Operation | undefined, place: string): string[] {
  return (operation?.parameters ?? []).filter((one) => one.in === place).map((one) => one.name);
}

function hasHeader(name: string, header: string): boolean {
  return parameters(operations.get(name), 'header').includes(header);
}

function faultsOf(name: string, operation: Operation): string[] {
  const faults: string[] = [];
  if ((operation.summary ?? '') === '') faults.push('no summary');
  const isProbe = name.includes('!/health');
  const needed = isProbe ? ['400'] : ['400', '429', '503', ...(name.includes('{}') ? ['404'] : [])];
  faults.push(...needed.filter((status) => !(status in operation.responses)).map((status) => `no ${status}`));
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (status !== '204' && answer.content === undefined) faults.push(`${status} shows no content`);
    faults.push(...withoutExample(answer.content).map((type) => `no example of ${status} ${type}`));
  }
  return [...faults, ...withoutExample(operation.requestBody?.content).map((type) => `no example of the body ${type}`)];
}

function withoutExample(content: Record<string, { example?: unknown; examples?: unknown }> = {}): string[] {
  const shown = Object.entries(content).filter(([type]) => /json|yaml/.test(type));
  return shown.filter(([, media]) => !('example' in media) && !('examples' in media)).map(([type]) => type);
}

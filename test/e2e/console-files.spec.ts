import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { clientTypes } from '../../scripts/lib/client-types.mjs';
import { ROOT } from '../support/paths.js';
import { startServer, type TestServer } from '../support/server.js';
import { createTestDatabase } from '../support/test-database.js';

/** Bytes, compressed: what a first visit may load. */
const FIRST_LOAD = 300_000;
const BUILT = join(ROOT, 'dist/console');

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ databaseUrl: (await createTestDatabase()).url });
});

describe('the first visit of the console', () => {
  const manifest = JSON.parse(readFileSync(join(BUILT, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;
  const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry === true) ?? '';

  /** A chunk, what it imports, and the styles of all of them. */
  function loadedBy(name: string, found = new Set<string>()): Set<string> {
    const chunk = manifest[name];
    if (chunk === undefined || found.has(chunk.file)) return found;
    found.add(chunk.file);
    for (const css of chunk.css ?? []) found.add(css);
    for (const each of chunk.imports ?? []) loadedBy(each, found);
    return found;
  }

  it('loads less than 300 kB, compressed', () => {
    const start = [entry, 'pages/overview/overview.tsx', 'ui/plot.tsx'].flatMap((name) => [...loadedBy(name)]);
    const files = [...new Set(start)];
    expect(files.length).toBeGreaterThan(2);
    const bytes = files.map((file) => gzipSync(readFileSync(join(BUILT, file))).length);
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(FIRST_LOAD);
  });

  it.each(['editor/editor.tsx', 'editor/graph-editor.tsx', 'graph/flow.tsx', 'ui/plot.tsx'])(
    'leaves %s for when it is needed',
    (name) => {
      expect(manifest[name]?.file).toBeDefined();
      expect([...loadedBy(entry)]).not.toContain(manifest[name]?.file);
    },
  );
});

describe('the server sends the console', () => {
  const asset = readdirSync(join(BUILT, 'assets')).find((name) => /^index-.*\.js$/.test(name)) ?? '';

  it('at /console, where / leads, and for every deep link', async () => {
    const root = await fetch(server.url, { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, '/console']);
    for (const path of ['/console', '/console/', '/console/executions/some-id', '/console/workflows/a/edit']) {
      const answer = await fetch(server.url + path);
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get('content-type'), path).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('cache-control'), path).toBe('no-cache');
    }
  });

  it('under a policy without unsafe parts, whose nonce no two answers share', async () => {
    const [first, second] = await Promise.all([fetch(`${server.url}/console`), fetch(`${server.url}/console`)]);
    const policy = first.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).not.toContain('unsafe');
    const nonce = /'nonce-([\w-]{20,})'/.exec(policy)?.[1] ?? 'none';
    expect(await first.text()).toContain(`nonce="${nonce}"`);
    expect(second.headers.get('content-security-policy')).not.toContain(nonce);
  });

  it.each([
    ['gzip', 'gzip'],
    ['br', 'br, gzip'],
  ])('with its files compressed by %s, and cached for good', async (encoding, accepted) => {
    const answer = await fetch(`${server.url}/console/assets/${asset}`, { headers: { 'accept-encoding': accepted } });
    expect(answer.headers.get('content-encoding')).toBe(encoding);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await answer.text()).toBe(readFileSync(join(BUILT, 'assets', asset), 'utf8'));
  });

  it.each(['/console/assets/missing-123.js', '/console/missing.png', '/console/assets/..%2findex.html'])(
    'and answers 404 for %s, which is no page',
    async (path) => {
      const answer = await fetch(server.url + path);
      expect(answer.status).toBe(404);
      expect(((await answer.json()) as { code: string }).code).toBe('route_not_found');
    },
  );
});

it('the types of the client are those of the OpenAPI document: `npm run console:types` writes them', async () => {
  const path = join(ROOT, 'src/console/web/api/schema.d.ts');
  expect(existsSync(path)).toBe(true);
  const document: unknown = await (await server.fetch('/openapi.json')).json();
  expect(await clientTypes(document)).toBe(readFileSync(path, 'utf8'));
});

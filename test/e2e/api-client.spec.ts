import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { ModuleKind, transpileModule } from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM } from '../openapi/client-program.js';
import { afterFile } from '../support/cleanup.js';
import { NODE, ROOT } from '../support/paths.js';
import { startServer, type TestServer } from '../support/server.js';
import { createTestDatabase } from '../support/test-database.js';

/** A compiler takes its time on a machine that has other work. */
const COMPILING_MS = 240_000;
const WRONG = `
import type { components } from './schema.js';
export const stateOf = (one: components['schemas']['ExecutionDto']) => one.state;
`;

interface Program {
  readonly TASKS: Readonly<Record<string, (client: unknown) => Promise<unknown>>>;
  connect(url: string, key: string): unknown;
}

/** What each task must have seen. */
const SEEN: Readonly<Record<string, unknown>> = {
  Access: { key: true, role: 'operator', me: 'admin', gone: 204, log: true },
  Approvals: { title: 'Go?', status: 'approved', decision: 'approve' },
  Connections: { isHidden: true, revision: 2, ok: false, listed: 1, gone: 204 },
  Deployment: {
    version: 1,
    triggers: 1,
    warnings: [],
    again: 200,
    workflow_status: 'active',
    history: ['deployed', 'undeployed'],
    isListed: true,
    status: 'undeployed',
  },
  Events: { accepted: 1, types: ['client.tried'] },
  Executions: {
    code: 'sorry',
    listed: 1,
    steps: 1,
    type: 'fail',
    drawn: true,
    timeline: 'no',
    lines: null,
    files: [],
    same: true,
    duplicate: false,
    bulk: 1,
  },
  Library: { types: true, http: 'http', version: 2, versions: 2, found: 1, gone: 204 },
  Memory: { revision: 1, late: 'revision_mismatch', value: 1, gone: 204 },
  Operations: { health: 'healthy', up: [200, 200], backend: 'postgres', counted: true, metrics: true },
  Public: { answered: 'accepted', again: 'callback_used', status: 'healthy' },
  Secrets: { name: 'client_token', isHidden: true, listed: 1, gone: 204 },
  Triggers: {
    due: '03:00',
    paused: 'paused',
    health: 'healthy',
    outcome: 'fired',
    preview: 2,
    backfill: 2,
    occurrences: [],
    triggers: 1,
    kinds: true,
    started: true,
    gone: 204,
  },
  Webhooks: { duplicate: true, same: true, other: 'method_not_allowed' },
  'Workflow tasks': { id: 'tell', config: { message: 'y' }, type: 'log', tasks: 2, gone: 204 },
  'Workflow versions': { checksum: true, added: ['more'], version: 3, versions: [3, 2, 1] },
  Workflows: {
    version: 1,
    tags: ['typed'],
    late: 'revision_mismatch',
    listed: 1,
    valid: false,
    faults: true,
    output: { hello: 'Ada' },
    executions: 1,
    last: 'completed',
    nodes: 1,
    status: 'archived',
    gone: 204,
  },
};

let server: TestServer;
let folder: string;
let tags: string[];
beforeAll(async () => {
  server = await startServer({ databaseUrl: (await createTestDatabase()).url });
  // Below the repository: the program imports a package of ours.
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'node_modules/.cache/client-'));
  afterFile(() => rmSync(folder, { recursive: true, force: true }));
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenAPI3;
  tags = (document.tags ?? []).map(({ name }) => name);
  writeFileSync(join(folder, 'schema.ts'), astToString(await openapiTS(document)));
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  const script = transpileModule(PROGRAM, { compilerOptions: { module: ModuleKind.ESNext } }).outputText;
  writeFileSync(join(folder, 'program.js'), script);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});

describe('a client generated from the OpenAPI document', () => {
  it('compiles under the strict rules of TypeScript', { timeout: COMPILING_MS }, async () => {
    expect(await compile(['program.ts'])).toBe('');
  });

  it('refuses a field that the API does not have', { timeout: COMPILING_MS }, async () => {
    writeFileSync(join(folder, 'wrong.ts'), WRONG);
    expect(await compile(['wrong.ts'])).toContain("Property 'state' does not exist");
  });

  it('has a task for every tag of the document', () => {
    expect(Object.keys(SEEN).sort()).toEqual(tags);
  });

  it.each(Object.entries(SEEN))('works against the server: %s', async (tag, seen) => {
    const program = (await import(pathToFileURL(join(folder, 'program.js')).href)) as Program;
    expect(await program.TASKS[tag]?.(program.connect(server.url, server.apiKey))).toEqual(seen);
  });
});

/** @returns what the compiler has to say. */
async function compile(files: readonly string[]): Promise<string> {
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'es2024',
    '--module',
    'nodenext',
    '--skipLibCheck',
    '--types',
    'node',
    '--ignoreConfig',
  ];
  const args = [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, ...files];
  return await promisify(execFile)(NODE, args, { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stdout: string }).stdout,
  );
}

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { ModuleKind, transpileModule } from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { afterFile } from '../support/cleanup.js';
import { NODE, ROOT } from '../support/paths.js';
import { startServer, type TestServer } from '../support/server.js';
import { createTestDatabase } from '../support/test-database.js';

/** As a user writes it: every path, parameter and field is checked by the types that are made of the document. */
const PROGRAM = `
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

export async function runDaily(baseUrl: string, key: string) {
  const client = createClient<paths>({ baseUrl, headers: { authorization: 'Bearer ' + key } });
  const created = await client.POST('/api/v1/workflows', {
    body: { definition: { name: 'Greeting', steps: [{ id: 'greet', type: 'set', config: { values: { n: 1 } } }] } },
  });
  const id: string = created.data?.id ?? '';
  const deployed = await client.POST('/api/v1/deployment/workflows/{id}/deploy', { params: { path: { id } } });
  const version: number | undefined = deployed.data?.version;
  const finished = await client.POST('/api/v1/workflows/{id}/execute', {
    params: { path: { id }, header: { 'Idempotency-Key': 'once' } },
    body: { input: { name: 'Ada' }, wait: true },
  });
  const list = await client.GET('/api/v1/executions', { params: { query: { workflow_id: id, limit: 10 } } });
  const statuses: string[] = (list.data?.items ?? []).map((one) => one.status);
  const missing = await client.GET('/api/v1/workflows/{id}', { params: { path: { id: 'nowhere' } } });
  const code: string | undefined = missing.error?.code;
  return { version, answer: finished.response.status, statuses, code };
}
`;

interface Program {
  runDaily(url: string, key: string): Promise<Record<string, unknown>>;
}

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startServer({ databaseUrl: (await createTestDatabase()).url });
  // Below the repository: the program imports a package of ours.
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'node_modules/.cache/client-'));
  afterFile(() => rmSync(folder, { recursive: true, force: true }));
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenAPI3;
  writeFileSync(join(folder, 'schema.ts'), astToString(await openapiTS(document)));
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});

describe('a client generated from the OpenAPI document', () => {
  it('compiles under the strict rules of TypeScript', async () => {
    expect(await compile(['program.ts'])).toBe('');
  });

  it('refuses a field that the API does not have', async () => {
    writeFileSync(join(folder, 'wrong.ts'), PROGRAM.replace('one.status', 'one.state'));
    expect(await compile(['wrong.ts'])).toContain("Property 'state' does not exist");
  });

  it('deploys, runs and lists against the server, and reads its errors', async () => {
    writeFileSync(
      join(folder, 'program.js'),
      transpileModule(PROGRAM, { compilerOptions: { module: ModuleKind.ESNext } }).outputText,
    );
    const program = (await import(pathToFileURL(join(folder, 'program.js')).href)) as Program;
    expect(await program.runDaily(server.url, server.apiKey)).toEqual({
      version: 1,
      answer: 200,
      statuses: ['completed'],
      code: 'workflow_not_found',
    });
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

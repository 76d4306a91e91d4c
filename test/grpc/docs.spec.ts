import { status as Code } from '@grpc/grpc-js';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { CODES } from '../../src/common/grpc/grpc-status.js';
import { ADMIN_KEY } from '../support/app.js';
import { startGrpcApp } from '../support/grpc-app.js';
import { NODE, ROOT } from '../support/paths.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const GUIDE = read('docs/guides/grpc.md');

it('the client that the guide shows is the one in examples, and does what it says', async () => {
  expect(GUIDE).toContain(`\`\`\`js\n${read('examples/grpc/client.mjs')}\`\`\``);
  const { address } = await startGrpcApp();
  const env = { PATH: process.env.PATH, MILLRACE_GRPC: address, MILLRACE_KEY: ADMIN_KEY };
  const { stdout } = await promisify(execFile)(NODE, [join(ROOT, 'examples/grpc/client.mjs')], { env });
  expect(stdout.split('\n')).toEqual([
    'created greet-by-grpc WORKFLOW_STATUS_DRAFT',
    'log Hello Ada',
    'end EXECUTION_STATUS_COMPLETED',
    'output Hello Ada',
    expect.stringMatching(/^error 5 5 NOT_FOUND: There is no workflow|^error 5 There is no workflow/),
    '',
  ]);
});

it('the reference is made of the proto files as they are', async () => {
  const { grpcReference } = (await import(join(ROOT, 'scripts/write-grpc-docs.mjs'))) as {
    grpcReference: () => string;
  };
  expect(read('docs/reference/grpc.md')).toBe(grpcReference());
});

it('the guide shows the table of codes as it is', () => {
  const rows = [...GUIDE.matchAll(/^\| (\d{3}) \| ([A-Z_]+) \|$/gm)].map(([, status, name]) => [Number(status), name]);
  expect(rows).toEqual(Object.entries(CODES).map(([status, code]) => [Number(status), Code[code]]));
});

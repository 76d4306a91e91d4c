// Starts the built server and checks its OpenAPI document: whole, and every operation described with its errors.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from './lib/server.mjs';
import { build, install, NODE, ROOT } from './lib/set-up.mjs';

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);

await install();
await build();
const folder = mkdtempSync(join(tmpdir(), 'millrace-openapi-'));
// PostgreSQL runs as another user when this is root.
chmodSync(folder, 0o711);
const env = { PATH: process.env.PATH, MILLRACE_DATA: folder, LOG_LEVEL: 'warn' };
const server = await serve(NODE, [join(ROOT, 'dist/src/main.js')], { cwd: folder, env, limitMs: 60_000 });
let faults;
let operations = 0;
try {
  const answer = await fetch(`${server.url}/openapi.json`);
  faults = answer.ok ? check(await answer.json()) : [`/openapi.json answers ${answer.status}`];
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
for (const fault of faults) console.error(fault);
console.log(`OpenAPI: ${operations} operations, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;

function check(document) {
  const faults = [];
  const ids = new Set();
  if (!/^3\.1\./.test(document.openapi ?? '')) faults.push(`openapi is ${document.openapi}, not 3.1`);
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item)) {
      if (!METHODS.has(method)) continue;
      operations++;
      const name = `${method.toUpperCase()} ${path}`;
      if (!operation.summary) faults.push(`${name}: no summary`);
      if (!operation.operationId) faults.push(`${name}: no operationId`);
      else if (ids.has(operation.operationId)) faults.push(`${name}: operationId ${operation.operationId} is taken`);
      ids.add(operation.operationId);
      const statuses = Object.keys(operation.responses ?? {});
      if (!statuses.some((status) => /^[23]/.test(status))) faults.push(`${name}: no good answer`);
      if (!statuses.some((status) => /^[45]|default/.test(status)) && !path.startsWith('/health/live')) {
        faults.push(`${name}: no error answer`);
      }
    }
  }
  if (operations === 0) faults.push('no operations');
  return [...faults, ...danglingReferences(document)];
}

function danglingReferences(document) {
  const text = JSON.stringify(document);
  const names = new Set([...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]));
  const resolve = (name) =>
    name.split('/').reduce((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  return [...names].filter((name) => resolve(name) === undefined).map((name) => `#/${name} does not exist`);
}

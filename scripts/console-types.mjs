// `npm run console:types`: writes the types of the console's client from the OpenAPI document of the built server.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientTypes } from './lib/client-types.mjs';
import { serve } from './lib/server.mjs';
import { NODE, ROOT } from './lib/set-up.mjs';

const folder = mkdtempSync(join(tmpdir(), 'millrace-types-'));
// PostgreSQL runs as another user when this is root.
chmodSync(folder, 0o711);
const env = { PATH: process.env.PATH, MILLRACE_DATA: folder, LOG_LEVEL: 'warn' };
const server = await serve(NODE, [join(ROOT, 'dist/src/main.js')], { cwd: folder, env, limitMs: 60_000 });
try {
  const document = await (await fetch(`${server.url}/openapi.json`)).json();
  writeFileSync(join(ROOT, 'src/console/web/api/schema.d.ts'), await clientTypes(document));
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { ROOT } from '../support/paths.js';
import { startServer, type TestServer } from '../support/server.js';
import { shellLines, STRICT } from '../support/shell-lines.js';

const BY_CRON = '"$API/executions?trigger_type=cron&limit=3"';

let server: TestServer;
let output: string;

beforeAll(async () => {
  server = await startServer({ env: { ADMIN_API_KEY: '' } });
  const lines = shellLines('README.md', 'A first workflow')
    .replaceAll('http://localhost:8003', server.url)
    .replaceAll('.millrace/', `${server.dataFolder}/`)
    // A person takes a second from one line to the next; here the cron has fired and both others have ended first.
    .replace(
      `curl -sS ${BY_CRON}`,
      `until command curl -sS ${BY_CRON} -H "$AUTH" | grep -q completed; do sleep 0.1; done; $&`,
    )
    .replace(
      'EXECUTION=',
      'until command curl -sS "$API/executions?trigger_type=webhook&status=completed" -H "$AUTH" | grep -q Ada; do sleep 0.1; done\nEXECUTION=',
    );
  output = (await promisify(execFile)('bash', ['-c', STRICT + lines], { cwd: ROOT })).stdout;
});

describe('the first workflow of the README', () => {
  it('runs as it is written, to its last line', () => {
    expect(output).toContain('"slug":"hello"');
    expect(output).toContain('"status":"deployed"');
    expect(output).toContain('"text":"Hello, Ada!"');
    expect(output).toContain('"text":"Hello, Grace!"');
    expect(output).toContain('"message":"Hello, Ada! (by webhook)"');
    expect(output.trimEnd()).toMatch(/"status":"undeployed"\}$/);
  });

  it.each(['webhook', 'manual', 'cron'])('leaves only completed executions by %s, with their steps', async (type) => {
    const api = new Api(server.url, readFileSync(join(server.dataFolder, 'admin-api-key'), 'utf8').trim());
    const items = await eventually(async () => {
      const { body } = await api.get(`/executions?trigger_type=${type}`);
      const states = new Set(body.items.map((one: { status: string }) => one.status));
      expect([...states]).toEqual(['completed']);
      return body.items as { id: string }[];
    });
    const { step_executions: steps } = await api.execution(items[0]?.id ?? '');
    expect(steps.map((one) => [one.step_path, one.status])).toEqual([
      ['greet', 'completed'],
      ['note', 'completed'],
    ]);
  });
});

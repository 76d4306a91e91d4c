import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../support/api.js';
import { fences } from '../support/markdown.js';
import { ROOT } from '../support/paths.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { startServer, temporaryFolder } from '../support/server.js';
import { requireService } from '../support/services.js';
import { startSystemPostgres } from '../support/system-postgres.js';

const PAGE = 'docs/operations/backup.md';
const [SAVE_FOLDER = '', RESTORE_FOLDER = '', DUMP = '', RESTORE = ''] = fences({
  path: PAGE,
  text: readFileSync(join(ROOT, PAGE), 'utf8'),
})
  .filter(({ language }) => language === 'sh')
  .map(({ text }) => text);

let remote: RecordingServer;
beforeAll(async () => {
  remote = await startRecordingServer();
});

/** A secret, and an execution that waits for a decision before it sends it. */
async function begin(api: Api): Promise<string> {
  await api.call('PUT', '/secrets/token', { value: 'kept-in-the-backup' });
  const workflow = await api.create(`name: Kept
steps:
  - {id: ask, type: approval, config: {title: Send?}}
  - {id: send, type: http, config: {url: "${remote.url}/sent", headers: {x-token: "{{ secrets.token }}"}}}`);
  const id = await api.start(workflow);
  await api.reaches(id, 'waiting');
  return id;
}

/** On the restored server it goes on where it was. */
async function goOn(api: Api, execution: string): Promise<void> {
  const before = remote.calls.length;
  const { body } = await api.get('/approvals?status=pending');
  await api.post(`/approvals/${(body.items as { id: string }[])[0]?.id ?? ''}/decide`, { decision: 'approve' });
  await api.reaches(execution, 'completed');
  expect(remote.calls.slice(before).map(({ headers }) => headers['x-token'])).toEqual(['kept-in-the-backup']);
}

async function run(lines: string, cwd: string, env: Record<string, string>): Promise<void> {
  await promisify(execFile)('bash', ['-euc', lines], { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } });
}

describe('the lines of the backup page', () => {
  it('bring an embedded server back, with its keys, its secrets and what waited', async () => {
    const env = { SECRET_KEY: '', ADMIN_API_KEY: '' };
    const first = await startServer({ env });
    const key = readFileSync(join(first.dataFolder, 'admin-api-key'), 'utf8').trim();
    const execution = await begin(new Api(first.url, key));
    expect(await first.stop()).toBe(0);
    const folder = temporaryFolder();
    await run(SAVE_FOLDER, folder, { MILLRACE_DATA: first.dataFolder });
    await run(RESTORE_FOLDER, folder, {});
    const second = await startServer({ env, dataFolder: join(folder, 'restored') });
    await goOn(new Api(second.url, key), execution);
    expect(await second.stop()).toBe(0);
  });
});

describe.runIf(requireService('postgresql'))('the lines of the backup page, on a PostgreSQL of the machine', () => {
  it('bring a database back that was dumped while everything ran', async () => {
    const postgres = await startSystemPostgres();
    const DATABASE_URL = await postgres.createDatabase('before');
    const first = await startServer({ databaseUrl: DATABASE_URL });
    const execution = await begin(new Api(first.url, first.apiKey));
    const folder = temporaryFolder();
    await run(DUMP, folder, { DATABASE_URL });
    await first.stop();
    const NEW_DATABASE_URL = await postgres.createDatabase('after');
    await run(RESTORE, folder, { NEW_DATABASE_URL });
    const second = await startServer({ databaseUrl: NEW_DATABASE_URL });
    await goOn(new Api(second.url, second.apiKey), execution);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/common/database/embedded/embedded-postgres.js';
import { eventually } from '../support/eventually.js';

const settings = { fsync: 'off' };

describe('the embedded PostgreSQL', () => {
  let dataFolder: string;
  const pidFile = (): string => join(dataFolder, 'postgres/data/postmaster.pid');
  const start = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataFolder, settings });

  beforeAll(() => {
    dataFolder = join(mkdtempSync(join(tmpdir(), 'mr-')), 'data');
    // Root makes this folder for itself alone; PostgreSQL's account must pass it.
    chmodSync(join(dataFolder, '..'), 0o711);
  });

  afterAll(() => {
    rmSync(join(dataFolder, '..'), { recursive: true, force: true });
  });

  it('is made at the first start, reached over a Unix socket alone, with a password that only the owner reads', async () => {
    const postgres = await start();
    expect(postgres.how).toBe('created');
    expect(await ask(postgres.url, 'SHOW listen_addresses')).toBe('');
    expect(statSync(join(dataFolder, 'postgres-password')).mode & 0o777).toBe(0o600);
    const wrong = new URL(postgres.url);
    wrong.password = 'wrong';
    await expect(ask(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await ask(postgres.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    await postgres.stop();
  });

  it('keeps its data over a stop and a start', async () => {
    const postgres = await start();
    expect(postgres.how).toBe('started');
    expect(await ask(postgres.url, 'SELECT value FROM kept')).toBe(7);
    await postgres.stop();
  });

  it('refuses a second server on its folder while the first lives', async () => {
    const postgres = await start();
    await expect(start()).rejects.toMatchObject({ code: 'data_folder_in_use' });
    expect(await ask(postgres.url, 'SELECT 1')).toBe(1);
    await postgres.stop();
  });

  it('comes back by itself when it dies while its server lives', async () => {
    const postgres = await start();
    process.kill(Number(readFileSync(pidFile(), 'utf8').split('\n')[0]), 'SIGKILL');
    await eventually(async () => expect(await ask(postgres.url, 'SELECT value FROM kept')).toBe(7));
    await postgres.stop();
  });

  it('waits for the children of a killed one, while the pid in its lock file still counts as alive', async () => {
    const data = join(dataFolder, 'postgres/data');
    const { uid, gid } = statSync(data);
    const asPostgres = process.getuid?.() === 0 ? { uid, gid } : {};
    const postmaster = spawn('sleep', ['600'], { cwd: '/', ...asPostgres });
    const child = spawn('sleep', ['600'], { cwd: data, ...asPostgres });
    await Promise.all([once(postmaster, 'spawn'), once(child, 'spawn')]);
    try {
      writeFileSync(pidFile(), `${postmaster.pid}\n${data}\n`, { mode: 0o600 });
      chownSync(pidFile(), uid, gid);
      const starting = start();
      const log = join(dataFolder, 'postgres/postgres.log');
      await eventually(() => expect(readFileSync(log, 'utf8').slice(-2_000)).toContain(`(PID ${postmaster.pid})`));
      child.kill();
      const postgres = await starting;
      expect(await ask(postgres.url, 'SELECT value FROM kept')).toBe(7);
      await postgres.stop();
    } finally {
      postmaster.kill();
      child.kill();
    }
  });

  it('starts although the pid in its old pid file belongs to another process now', async () => {
    writeFileSync(pidFile(), `${process.pid}\n${dataFolder}/postgres/data\n`, { mode: 0o600 });
    const postgres = await start();
    expect(postgres.how).toBe('started');
    await postgres.stop();
  });
});

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}

import { execFile } from 'node:child_process';
import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { postgresAccount } from '../../src/common/database/embedded/account.js';
import { afterFile } from './cleanup.js';
import { temporaryFolder } from './server.js';

/** Where Debian keeps them, by version. */
const VERSIONS = '/usr/lib/postgresql';

export interface SystemPostgres {
  /** @returns the URL of a new, empty database. */
  createDatabase(name: string): Promise<string>;
}

/** A PostgreSQL of the machine's own packages, for this file alone: one that the machine's `pg_dump` fits. */
export async function startSystemPostgres(): Promise<SystemPostgres> {
  const version = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a))[0] ?? '';
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const account = postgresAccount(data);
  if (account !== null) chownSync(folder, account.uid, account.gid);
  const as = account === null ? {} : { uid: account.uid, gid: account.gid };
  const run = async (program: string, ...args: string[]): Promise<void> => {
    await promisify(execFile)(join(VERSIONS, version, 'bin', program), args, { cwd: folder, ...as });
  };
  await run('initdb', '-D', data, '-U', 'millrace', '-A', 'trust', '--no-sync');
  // Its log in a file: a pipe that it holds would keep this process waiting.
  await run('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', `-k ${folder} -h ''`, 'start');
  afterFile(() => run('pg_ctl', '-D', data, '-m', 'immediate', 'stop'));
  const url = (database: string): string =>
    `postgresql://millrace@localhost/${database}?host=${encodeURIComponent(folder)}`;
  return {
    createDatabase: async (name) => {
      const client = new Client(url('postgres'));
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return url(name);
    },
  };
}

import { execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterFile } from './cleanup.js';
import { eventually } from './eventually.js';
import { findBinary, freePort } from './services.js';

export interface TestMariadb {
  readonly port: number;
  readonly password: string;
  /** As the root of the server. */
  query(sql: string): Promise<any[]>;
}

/** A private MariaDB with a database `shop` and its user `shop`, ended after the last test of the file. */
export async function startMariadb(): Promise<TestMariadb> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-mariadb-'));
  const [port, password] = [await freePort(), 'shop password of the tests'];
  const asUser = process.getuid?.() === 0 ? ['--user=mysql'] : [];
  if (asUser.length > 0) chownSync(folder, Number(execFileSync('id', ['-u', 'mysql'])), process.getgid?.() ?? 0);
  const install = findBinary('mariadb-install-db') ?? 'mariadb-install-db';
  const where = [`--datadir=${folder}/data`, ...asUser];
  execFileSync(install, [...where, '--auth-root-authentication-method=normal', '--skip-test-db'], { stdio: 'ignore' });
  const network = [`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${folder}/socket`, '--skip-name-resolve'];
  const small = ['--innodb-buffer-pool-size=16M', '--performance-schema=OFF', `--pid-file=${folder}/pid`];
  const child = spawn(findBinary('mariadbd') ?? 'mariadbd', ['--no-defaults', ...where, ...network, ...small], {
    stdio: 'ignore',
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  afterFile(async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  const query = async (sql: string): Promise<any[]> => {
    const client = await createConnection({ socketPath: `${folder}/socket`, user: 'root', multipleStatements: true });
    try {
      const [rows] = await client.query(sql);
      return rows as any[];
    } finally {
      await client.end();
    }
  };
  await eventually(() =>
    query(`CREATE DATABASE IF NOT EXISTS shop; CREATE OR REPLACE USER shop IDENTIFIED BY '${password}';
           GRANT ALL ON shop.* TO shop; FLUSH PRIVILEGES`),
  );
  return { port, password, query };
}

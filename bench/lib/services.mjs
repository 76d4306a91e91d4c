import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort, until } from './http.mjs';
import { launch } from './processes.mjs';
import { MAIN, ROOT } from './paths.mjs';

/** A folder that every user can pass: as root, PostgreSQL runs as another one. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  chmodSync(folder, 0o755);
  // Whatever ends the bench: its database and its files go with it.
  process.once('exit', () => {
    killPostgres(folder);
    removeFolder(folder);
  });
  return folder;
}

function killPostgres(folder) {
  const file = join(folder, 'postgres/data/postmaster.pid');
  if (existsSync(file)) process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGQUIT');
}

export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

export function requireBuild() {
  if (!existsSync(MAIN)) throw new Error('dist/ is missing: run npm run build first');
}

/**
 * The PostgreSQL of all contenders: the embedded binaries with the settings of Millrace's own, and room for more
 * connections. One database each.
 */
export async function startPostgres(folder, settings = {}) {
  const { Cluster } = await import(join(ROOT, 'dist/src/common/database/embedded/cluster.js'));
  const cluster = new Cluster(folder, { max_connections: '400', shared_buffers: '256MB', ...settings });
  await cluster.start();
  return {
    version: cluster.version,
    url: (database) => cluster.url(database),
    /** Its parts, for programs that take no URL; `host` is a socket's folder. */
    parts(database) {
      const url = new URL(cluster.url(database));
      return { host: url.searchParams.get('host'), user: url.username, password: url.password, database };
    },
    async create(database, template = 'template0') {
      await query(cluster.url('postgres'), `CREATE DATABASE ${database} TEMPLATE ${template}`);
      return cluster.url(database);
    },
    stop: () => cluster.stop(),
  };
}

/** Debian's Redis, as it comes, without files. @throws Error where it is not installed */
export async function startRedis(folder) {
  const port = await freePort();
  const home = join(folder, 'redis');
  mkdirSync(home);
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', home];
  const program = launch('redis-server', 'redis-server', args, { cwd: home });
  await until('redis-server', () => program.output().includes('Ready to accept connections'), { programs: [program] });
  return { port, url: (database) => `redis://127.0.0.1:${port}/${database}`, stop: () => program.stop() };
}

/** One connection's rows. */
export async function query(url, sql, values) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

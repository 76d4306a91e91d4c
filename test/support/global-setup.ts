import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { DataFolderInUseError } from '../../src/common/database/embedded/embedded.errors.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/common/database/embedded/embedded-postgres.js';
import { prepareDatabase } from '../../src/common/database/prepare.js';
import { cacheFolder, ROOT } from './paths.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the run's PostgreSQL, with the database `postgres`. */
    postgresUrl: string;
    templateDatabase: string;
  }
}

/** Tests need speed, not durability. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' };
const MAX_RUNS_AT_ONCE = 16;

/** One PostgreSQL a run, in a folder that is kept: the next run starts in a tenth of a second. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startInFreeFolder();
  const url = databaseUrl(postgres.url, 'postgres');
  const template = `template_${schemaHash()}`;
  await removeLeftovers(url, template);
  await ensureTemplate(url, template);
  project.provide('postgresUrl', url);
  project.provide('templateDatabase', template);
  return () => postgres.stop();
}

/** Runs beside each other take a folder each. */
async function startInFreeFolder(): Promise<EmbeddedPostgres> {
  for (let number = 1; ; number++) {
    try {
      const dataFolder = join(cacheFolder(), `postgres-${number}`);
      return await startEmbeddedPostgres({ dataFolder, settings: SETTINGS });
    } catch (error) {
      if (!(error instanceof DataFolderInUseError) || number === MAX_RUNS_AT_ONCE) throw error;
    }
  }
}

async function ensureTemplate(url: string, name: string): Promise<void> {
  await withClient(url, async (client) => {
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${name}`);
  });
  // Also when it was there: it may be a day old and lack tomorrow's partitions.
  await prepareDatabase(databaseUrl(url, name));
}

async function removeLeftovers(url: string, template: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      `SELECT datname FROM pg_database WHERE datname ~ '^(test|template)_' AND datname <> $1`,
      [template],
    );
    for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`);
  });
}

function schemaHash(): string {
  const hash = createHash('sha256');
  const folder = join(ROOT, 'migrations');
  for (const file of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

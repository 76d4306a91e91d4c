import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort, isOk, post, until } from '../lib/http.mjs';
import { NODE, PEERS } from '../lib/paths.mjs';
import { installPeer, versionOf } from '../lib/peer-install.mjs';
import { launch } from '../lib/processes.mjs';
import { bounds } from './millrace.mjs';

const PACKAGES = { dependencies: { '@dbos-inc/dbos-sdk': '5.3.0', fastify: '5.12.8' } };
const NUMBER = `substr(workflow_uuid, 7)::bigint`;
const COUNT = `SELECT count(*)::int AS count FROM dbos.workflow_status w WHERE status = 'SUCCESS'`;
const RECORDED = `${COUNT} AND ${NUMBER} BETWEEN $1 AND $2
  AND (SELECT count(*) FROM dbos.operation_outputs o WHERE o.workflow_uuid = w.workflow_uuid) = 3`;
const FINISHED = `SELECT ${NUMBER} AS n, completed_at::float8 AS at FROM dbos.workflow_status
  WHERE status = 'SUCCESS' AND ${NUMBER} BETWEEN $1 AND $2`;

export const dbos = {
  key: 'dbos',
  title: 'DBOS Transact',
  needsRedis: false,
  async install() {
    const folder = await installPeer('dbos', PACKAGES);
    copyFileSync(join(import.meta.dirname, 'apps/dbos.mjs'), join(folder, 'app.mjs'));
    return { version: versionOf(folder, '@dbos-inc/dbos-sdk') };
  },
  async prepare({ postgres, database }) {
    await postgres.create(database);
  },
  async start({ postgres, database }) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const databaseUrl = postgres.url(database);
    const folder = join(PEERS, 'dbos');
    const job = JSON.stringify({ port, databaseUrl });
    const program = launch('DBOS', NODE, [join(folder, 'app.mjs'), job], { cwd: folder });
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    const rows = async (sql, values) => (await pool.query(sql, values)).rows;
    return {
      url,
      accept: '/run',
      answer: '/answer',
      pids: [program.pid],
      programs: [program],
      setUp: () => until('DBOS', () => isOk(`${url}/answer`, post({ n: 0, amount: 1 })), { programs: [program] }),
      count: async () => (await rows(COUNT))[0].count,
      recorded: async (low, high) => (await rows(RECORDED, [low, high]))[0].count,
      finished: async (items) => new Map((await rows(FINISHED, bounds(items))).map(({ n, at }) => [Number(n), at])),
      async stop() {
        await pool.end();
        await program.stop();
      },
    };
  },
};

import { join } from 'node:path';
import pg from 'pg';
import { freePort, isOk, post, until } from '../lib/http.mjs';
import { NODE } from '../lib/paths.mjs';
import { launch } from '../lib/processes.mjs';
import { bounds } from './millrace.mjs';

const APP = join(import.meta.dirname, 'apps/pipeline.mjs');
const COUNT = `SELECT count(*)::int AS count FROM run WHERE status = 'completed'`;
const RECORDED = `${COUNT} AND id BETWEEN $1 AND $2 AND json_array_length(steps) = 3`;
const FINISHED = `SELECT id AS n, extract(epoch FROM finished_at)::float8 * 1000 AS at FROM run
  WHERE status = 'completed' AND id BETWEEN $1 AND $2`;

export const pipelineOnPostgres = contender('pipeline-postgres', 'bare pipeline, PostgreSQL alone', false);
export const pipelineOnRedis = contender('pipeline-redis', 'bare pipeline, Redis', true);

/** Fastify, multi-row insert, BullMQ, multi-row update; no engine. */
function contender(key, title, needsRedis) {
  return {
    key,
    title,
    needsRedis,
    limitOf: needsRedis ? 'millrace-redis' : 'millrace-postgres',
    install: async () => ({ version: '' }),
    async prepare({ postgres, database }) {
      await postgres.create(database);
    },
    async start({ postgres, redis, database, folder }) {
      const port = await freePort();
      const databaseUrl = postgres.url(database);
      const job = { port, databaseUrl, redisUrl: needsRedis ? redis.url(2) : null };
      const program = launch(title, NODE, [APP, JSON.stringify(job)], { cwd: folder });
      const url = `http://127.0.0.1:${port}`;
      const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
      const rows = async (sql, values) => (await pool.query(sql, values)).rows;
      return {
        url,
        accept: '/run',
        answer: '/answer',
        pids: [program.pid],
        programs: [program],
        setUp: () => until(title, () => isOk(`${url}/answer`, post({ n: 0, amount: 1 })), { programs: [program] }),
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
}

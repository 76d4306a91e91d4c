import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort, isOk, json, until } from '../lib/http.mjs';
import { MAIN, NODE, ROOT } from '../lib/paths.mjs';
import { launch } from '../lib/processes.mjs';

const KEY = 'mr_bench_0123456789abcdef0123456789abcdef';

/** The work of the comparison. `response`: what the sender waits for. */
const definition = (name, path, response) => `
name: ${name}
steps:
  - {id: first, type: set, config: {values: {amount: "{{ input.amount }}"}}}
  - id: check
    type: condition
    config:
      expression: steps.first.output.amount > 100
      then:
        - {id: big, type: set, config: {values: {size: big}}}
      else:
        - {id: small, type: set, config: {values: {size: small}}}
triggers:
  - {type: webhook, name: hook, config: {path: ${path}, response: ${response}}}
`;

const FINISHED = `SELECT (input->>'n')::bigint AS n, extract(epoch FROM end_time)::float8 * 1000 AS at
  FROM execution WHERE status = 'completed' AND (input->>'n')::bigint BETWEEN $1 AND $2`;
const RECORDED = `SELECT count(*)::int AS count FROM execution e
  WHERE status = 'completed' AND (input->>'n')::bigint BETWEEN $1 AND $2
    AND (SELECT count(*) FROM step_execution s WHERE s.execution_id = e.id AND s.status = 'completed') = 3`;
const COMPLETED = 'SELECT coalesce(sum(completed), 0)::int AS count FROM workflow_counter';

export const millraceOnPostgres = contender('millrace-postgres', 'Millrace, PostgreSQL alone', false);
export const millraceOnRedis = contender('millrace-redis', 'Millrace, Redis', true);

function contender(key, title, needsRedis) {
  return {
    key,
    title,
    needsRedis,
    own: true,
    async install() {
      return { version: JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version };
    },
    async prepare({ postgres, database }) {
      await postgres.create(database);
    },
    async start({ postgres, redis, database, folder, flags = [] }) {
      const databaseUrl = postgres.url(database);
      const server = await startMillrace({
        folder,
        flags,
        env: {
          DATABASE_URL: databaseUrl,
          SECRET_KEY: 'a secret key for the bench, long enough',
          ...(needsRedis && { REDIS_URL: redis.url(1) }),
        },
      });
      const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
      const rows = async (sql, values) => (await pool.query(sql, values)).rows;
      return {
        url: server.url,
        accept: '/webhook/bench',
        answer: '/webhook/bench-answer',
        pids: [server.pid],
        programs: [server],
        /** Once; the deployments outlive the process. */
        async setUp() {
          await server.ready();
          await server.deploy(definition('bench', '/bench', 'ack'));
          await server.deploy(definition('bench-answer', '/bench-answer', 'wait'));
        },
        count: async () => (await rows(COMPLETED))[0].count,
        recorded: async (low, high) => (await rows(RECORDED, [low, high]))[0].count,
        finished: async (items) => new Map((await rows(FINISHED, bounds(items))).map(({ n, at }) => [Number(n), at])),
        async stop() {
          await pool.end();
          await server.stop();
        },
      };
    },
  };
}

/** The built server. @returns it with its admin's calls; `ready()` waits for it */
export async function startMillrace({ folder, env = {}, flags = [] }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = { PORT: String(port), HOST: '127.0.0.1', MILLRACE_DATA: folder, LOG_LEVEL: 'warn' };
  const program = launch('Millrace', NODE, [...flags, MAIN], {
    cwd: folder,
    env: { ...settings, ADMIN_API_KEY: KEY, RATE_LIMIT_API: 'off', ...env },
  });
  const headers = { authorization: `Bearer ${KEY}` };
  const call = (method, path, body, type) => json(`${url}/api/v1${path}`, { method, headers, body, type });
  return {
    ...program,
    url,
    call,
    ready: () => until('Millrace', () => isOk(`${url}/health/ready`), { programs: [program] }),
    /** @returns the id of the workflow */
    async deploy(text) {
      const { id } = await call('POST', '/workflows', text, 'application/yaml');
      await call('POST', `/deployment/workflows/${id}/deploy`, {});
      return id;
    },
  };
}

export function bounds(items) {
  return [items[0]?.n ?? 0, items.at(-1)?.n ?? 0];
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort, isOk, until } from '../lib/http.mjs';
import { NODE, PEERS } from '../lib/paths.mjs';
import { installPeer, versionOf } from '../lib/peer-install.mjs';
import { launch, run } from '../lib/processes.mjs';
import { query } from '../lib/services.mjs';
import { bounds } from './millrace.mjs';
import { workflows } from './n8n-workflows.mjs';

/** 2.41.0 and linkedom 0.18.13 are the newest whose dependencies are all in the registry. */
const PACKAGES = { dependencies: { n8n: '2.41.0' }, overrides: { linkedom: '0.18.13' } };
const BIN = join(PEERS, 'n8n/node_modules/n8n/bin/n8n');
const START_LIMIT_MS = 180_000;
/** What its command publish:workflow does, which takes as long as a start. */
const PUBLISH = `UPDATE workflow_entity SET active = true, "activeVersionId" = "versionId"`;

/** An execution's data is a flat list in which numbers stand where they belong: the first `n` is the request's. */
const NUMBER = `substring(d.data from '"n":(\\d+)')::bigint`;
const COUNT = `SELECT count(*)::int AS count FROM execution_entity e WHERE status = 'success'`;
const OF_RANGE = `FROM execution_entity e JOIN execution_data d ON d."executionId" = e.id
  WHERE e.status = 'success' AND ${NUMBER} BETWEEN $1 AND $2`;
const RECORDED = `SELECT count(*)::int AS count ${OF_RANGE}
  AND d.data LIKE '%"First":%' AND d.data LIKE '%"Check":%' AND (d.data LIKE '%"Big":%' OR d.data LIKE '%"Small":%')`;
const FINISHED = `SELECT ${NUMBER} AS n, extract(epoch FROM e."stoppedAt")::float8 * 1000 AS at ${OF_RANGE}`;

export const n8n = contender('n8n', 'n8n', false);
export const n8nQueue = contender('n8n-queue', 'n8n, queue mode, one worker', true);

function contender(key, title, needsRedis) {
  return {
    key,
    title,
    needsRedis,
    startLimitMs: START_LIMIT_MS,
    async install() {
      return { version: versionOf(await installPeer('n8n', PACKAGES), 'n8n') };
    },
    async prepare(context) {
      const { postgres, database } = context;
      await postgres.create(database, await template(context.shared, context));
    },
    async start(context) {
      const { postgres, redis, database, folder } = context;
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const queue = needsRedis ? queueSettings(redis) : {};
      const env = { ...(await settings(context)), ...queue, N8N_PORT: String(port) };
      const main = launch('n8n', NODE, [BIN, 'start'], { cwd: folder, env });
      const programs = [main];
      if (needsRedis) programs.push(await startWorker(context, queue));
      const pool = new pg.Pool({ connectionString: postgres.url(database), max: 2 });
      const rows = async (sql, values) => (await pool.query(sql, values)).rows;
      return {
        url,
        accept: '/webhook/bench',
        answer: '/webhook/bench-answer',
        pids: programs.map((program) => program.pid),
        programs,
        setUp: () =>
          until(title, () => isOk(`${url}/healthz/readiness`), { programs, limitMs: START_LIMIT_MS, everyMs: 100 }),
        count: async () => (await rows(COUNT))[0].count,
        recorded: async (low, high) => (await rows(RECORDED, [low, high]))[0].count,
        finished: async (items) => new Map((await rows(FINISHED, bounds(items))).map(({ n, at }) => [Number(n), at])),
        async stop() {
          await pool.end();
          await Promise.all(programs.map((program) => program.stop()));
        },
      };
    },
  };
}

/** The database with the workflows in force, which takes n8n a while: made once for both modes. */
async function template(shared, context) {
  shared.n8nTemplate ??= makeTemplate({ ...context, database: 'bench_n8n_template' });
  return await shared.n8nTemplate;
}

async function makeTemplate(context) {
  const { postgres, database, folder } = context;
  const databaseUrl = await postgres.create(database);
  const file = join(folder, 'workflows.json');
  writeFileSync(file, JSON.stringify(workflows()));
  const args = [BIN, 'import:workflow', `--input=${file}`];
  await run('n8n import:workflow', NODE, args, { cwd: folder, env: await settings(context) });
  await query(databaseUrl, PUBLISH);
  return database;
}

function queueSettings(redis) {
  return { EXECUTIONS_MODE: 'queue', QUEUE_BULL_REDIS_PORT: String(redis.port), QUEUE_BULL_REDIS_DB: '3' };
}

async function startWorker(context, queue) {
  const folder = join(context.folder, 'worker');
  mkdirSync(folder, { recursive: true });
  const env = { ...(await settings({ ...context, folder })), ...queue };
  return launch('n8n worker', NODE, [BIN, 'worker'], { cwd: folder, env });
}

/** Each process has a user folder and a port for its task runners of its own. */
async function settings({ postgres, database, folder }) {
  const { host, user, password } = postgres.parts(database);
  return {
    N8N_USER_FOLDER: folder,
    N8N_ENCRYPTION_KEY: 'the key of the bench',
    N8N_LISTEN_ADDRESS: '127.0.0.1',
    N8N_RUNNERS_BROKER_PORT: String(await freePort()),
    N8N_EXPRESSION_ENGINE: 'legacy',
    N8N_DIAGNOSTICS_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
    N8N_TEMPLATES_ENABLED: 'false',
    N8N_PERSONALIZATION_ENABLED: 'false',
    N8N_LOG_LEVEL: 'warn',
    DB_TYPE: 'postgresdb',
    DB_POSTGRESDB_HOST: host,
    DB_POSTGRESDB_DATABASE: database,
    DB_POSTGRESDB_USER: user,
    DB_POSTGRESDB_PASSWORD: password,
    DB_POSTGRESDB_POOL_SIZE: '10',
  };
}

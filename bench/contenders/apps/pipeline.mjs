// The limit: what any engine on these parts must do, and nothing else. A request is written by a multi-row insert that
// takes all that wait at the time, queued by addBulk, and finished by a multi-row update with the results of its three
// steps. No plan, no claims, no recovery. argv: {port, databaseUrl, redisUrl | null, schema}
import { createPostgresBackend, Queue, runMigrations, setDefaultBackendFactory, Worker } from 'bullmq';
import fastify from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Batcher } from './batcher.mjs';

const CONCURRENCY = 50;
const { port, databaseUrl, redisUrl } = JSON.parse(process.argv[2]);
const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
await pool.query(`CREATE TABLE IF NOT EXISTS run (id bigint PRIMARY KEY, status text NOT NULL, input json NOT NULL,
  steps json, finished_at timestamptz)`);
const connection = redisUrl === null ? await onPostgres() : new Redis(redisUrl, { maxRetriesPerRequest: null });

const queue = new Queue('runs', { connection });
const waiting = new Map();
const accepts = new Batcher(async (bodies) => {
  const inputs = bodies.map((body) => JSON.stringify(body));
  await pool.query(
    `INSERT INTO run (id, status, input) SELECT * FROM unnest($1::bigint[], array_fill('queued'::text, ARRAY[$3::int]), $2::json[])`,
    [bodies.map((body) => body.n), inputs, bodies.length],
  );
  await queue.addBulk(bodies.map((data) => ({ name: 'run', data, opts: { removeOnComplete: true } })));
});
const ends = new Batcher(async (results) => {
  await pool.query(
    `UPDATE run SET status = 'completed', steps = done.steps, finished_at = clock_timestamp()
     FROM unnest($1::bigint[], $2::json[]) AS done(id, steps) WHERE run.id = done.id`,
    [results.map((result) => result.n), results.map((result) => JSON.stringify(result.steps))],
  );
});
new Worker(
  'runs',
  async ({ data }) => {
    const first = { amount: data.amount };
    const check = { result: first.amount > 100 };
    const last = { size: check.result ? 'big' : 'small' };
    await ends.add({ n: data.n, steps: [first, check, last] });
    waiting.get(data.n)?.(last);
  },
  { connection, concurrency: CONCURRENCY },
);

const app = fastify();
app.post('/run', async (request, reply) => {
  await accepts.add(request.body);
  return reply.code(202).send({ id: request.body.n });
});
app.post('/answer', async (request) => {
  const answer = new Promise((resolve) => waiting.set(request.body.n, resolve));
  await accepts.add(request.body);
  const output = await answer;
  waiting.delete(request.body.n);
  return output;
});
await app.listen({ port, host: '127.0.0.1' });

/** As Millrace does it: one shared pool with the schema on its search path. */
async function onPostgres() {
  setDefaultBackendFactory(createPostgresBackend);
  const client = await pool.connect();
  await runMigrations(client, 'bullmq');
  client.release();
  return new pg.Pool({ connectionString: databaseUrl, max: 20, options: '-c search_path=bullmq' });
}

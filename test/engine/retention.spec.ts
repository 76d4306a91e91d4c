import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/common/database/database.js';
import { Partitions } from '../../src/common/database/partitions.js';
import { idBounds, newId, newIdWithin } from '../../src/common/ids.js';
import { Retention } from '../../src/engine/maintenance/retention.service.js';
import type { Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** In a day that is over by a retention of one day, and whose partitions are there. */
const LONG_AGO = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS - HOUR_MS;

const PARTS = [
  'execution',
  'step_execution',
  'large_output',
  'step_journal',
  'execution_file',
  'execution_file_chunk',
  'execution_log',
];

let app: TestApp;
let api: Api;
let database: Database;

beforeAll(async () => {
  app = await startApp({ RETENTION: '1d' });
  api = app.api;
  database = app.db.database;
});

let count = 0;
/** @returns the id of a workflow with this retention. */
const workflow = (retention: string | null): Promise<string> =>
  api.create(`name: w${++count}
${retention === null ? '' : `retention: ${retention}`}
steps: [{id: a, type: log, config: {message: x}}]
triggers: [{type: manual, name: m}]`);

const chore = (): Promise<boolean> => app.app.get(Retention).keepUp();

/** `newId` goes forward only. */
const idAt = (at: number): string => newIdWithin(idBounds(at).lowest, at);

/** An execution with a row of each kind, and its occurrence. */
async function past(workflowId: string, at: number, status = 'completed', endedAt = at): Promise<string> {
  const id = idAt(at);
  const within = (): string => newIdWithin(id, at);
  const [step, content] = [within(), within()];
  const run = (sql: string, ...values: unknown[]) => database.query(sql, values);
  const trigger = await run(
    `INSERT INTO trigger (id, workflow_id, type, name, origin, config) VALUES ($1, $2, 'manual', 'past', 'api', '{}')
     ON CONFLICT (workflow_id, name) DO UPDATE SET type = excluded.type RETURNING id`,
    newId(),
    workflowId,
  );
  const occurrence = idAt(at);
  await run(
    `INSERT INTO occurrence (id, trigger_id, workflow_id, occurred_at, outcome, execution_id)
     VALUES ($1, $2, $3, now(), 'fired', $4)`,
    occurrence,
    trigger[0]?.['id'],
    workflowId,
    id,
  );
  await run(
    `INSERT INTO execution (id, workflow_id, version, status, trigger_type, occurrence_id, end_time)
     VALUES ($1, $2, 1, $3, 'manual', $4, $5)`,
    id,
    workflowId,
    status,
    occurrence,
    status === 'waiting' ? null : new Date(endedAt),
  );
  await run(
    `INSERT INTO step_execution (id, execution_id, step_id, step_path, type, status, output_size)
     VALUES ($1, $2, 'a', 'a', 'log', 'completed', 300000)`,
    step,
    id,
  );
  await run(`INSERT INTO large_output VALUES ($1, $2, '1')`, step, id);
  await run(`INSERT INTO step_journal VALUES ($1, $2, 1, 'turn:1', '{}')`, step, id);
  await run(`INSERT INTO execution_log VALUES ($1, $2, now(), 30, 'a', 1, 'x')`, within(), id);
  await run(
    `INSERT INTO execution_file (id, execution_id, name, type, size, sha256, content_id)
     VALUES ($1, $2, 'a', 'b', 1, 'c', $3)`,
    within(),
    id,
    content,
  );
  await run(`INSERT INTO execution_file_chunk VALUES ($1, 0, $2, 'x')`, content, id);
  return id;
}

/** Which of these are there, whole; a part without the others would show. */
async function whole(...ids: string[]): Promise<string[]> {
  const there = await Promise.all(
    ids.map(async (id) => {
      const tables = PARTS.map((table) => [table, table === 'execution' ? 'id' : 'execution_id']);
      const rows = [...tables, ['occurrence', 'execution_id']].map(([table, column]) =>
        database.query(`SELECT FROM ${table} WHERE ${column} = $1`, [id]),
      );
      const found = new Set((await Promise.all(rows)).map((each) => each.length));
      expect([...found], `rows of ${id}`).toHaveLength(1);
      return found.has(1);
    }),
  );
  return ids.filter((_, index) => there[index]);
}

const partitions = async (): Promise<number> =>
  (
    await database.query(`SELECT FROM pg_class WHERE relname = $1`, [
      `execution_p${new Date(LONG_AGO).toISOString().slice(0, 10).replaceAll('-', '')}`,
    ])
  ).length;

describe('a workflow that keeps its history for less', () => {
  it('loses what ended longer ago, whole; nothing that is younger, under way or awaited, nothing of others', async () => {
    const [brief, other] = [await workflow('2h'), await workflow(null)];
    const now = Date.now();
    const old = await past(brief, now - 3 * HOUR_MS);
    const young = await past(brief, now - HOUR_MS);
    const justEnded = await past(brief, now - 3 * HOUR_MS, 'completed', now);
    const open = await past(brief, now - 3 * HOUR_MS, 'waiting');
    const others = await past(other, now - 3 * HOUR_MS);
    const child = await past(brief, now - 3 * HOUR_MS);
    await database.query('UPDATE execution SET parent_id = $2 WHERE id = $1', [child, open]);
    expect(await chore()).toBe(true);
    const rest = await database.query<{ id: string }>('SELECT id FROM execution WHERE id = ANY($1)', [
      [old, young, justEnded, open, others, child],
    ]);
    expect(rest.map(({ id }) => id).sort()).toEqual([young, justEnded, open, others, child].sort());
    expect(await whole(old, young, open, others)).toEqual([young, open, others]);
    await database.query(`DELETE FROM execution WHERE id = $1`, [open]);
  });

  it('loses more than one batch of it', async () => {
    const brief = await workflow('1h');
    const ids = Array.from({ length: 250 }, () => idAt(Date.now() - 2 * HOUR_MS));
    await database.query(
      `INSERT INTO execution (id, workflow_id, version, status, trigger_type, end_time)
       SELECT id, $2, 1, 'failed', 'manual', now() - interval '2 hours' FROM unnest($1::uuid[]) AS i(id)`,
      [ids, brief],
    );
    await chore();
    expect(await database.query('SELECT FROM execution WHERE workflow_id = $1', [brief])).toHaveLength(0);
  });
});

describe('a workflow that keeps its history for longer', () => {
  beforeEach(async () => {
    await database.query('UPDATE execution SET status = $1 WHERE is_open', ['completed']);
    // The chore drops the empty days behind.
    await new Partitions(database).makeAhead();
  });

  it('keeps the day; what belongs to others is taken out of it, but what is under way', async () => {
    const [long, other] = [await workflow('400d'), await workflow(null)];
    const kept = await past(long, LONG_AGO);
    const gone = await past(other, LONG_AGO);
    const open = await past(other, LONG_AGO, 'waiting');
    await chore();
    expect(await whole(kept, gone, open)).toEqual([kept, open]);

    await database.query(`UPDATE execution SET status = 'completed', end_time = now() WHERE id = $1`, [open]);
    await chore();
    expect(await whole(kept, open)).toEqual([kept]);
    expect((await api.get(`/executions/${kept}`)).status).toBe(200);

    // The version in force decides, not the latest.
    expect((await api.post(`/deployment/workflows/${long}/deploy`)).status).toBe(201);
    const definition = { name: 'w', steps: [{ id: 'a', type: 'log', config: { message: 'x' } }] };
    expect((await api.call('PUT', `/workflows/${long}`, { definition })).body).toMatchObject({ version: 2 });
    await chore();
    expect(await whole(kept)).toEqual([kept]);

    await api.call('DELETE', `/deployment/workflows/${long}/undeploy`);
    await chore();
    expect(await whole(kept)).toEqual([]);
    expect(await partitions()).toBe(0);
  });
});

it('the chore runs on one replica at a time', async () => {
  const result = await database.transaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [0x6d7203]);
    return await chore();
  });
  expect(result).toBe(false);
  expect(await chore()).toBe(true);
});

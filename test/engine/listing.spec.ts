import { beforeAll, describe, expect, it } from 'vitest';
import { type Api } from '../support/api.js';
import { DAY_MS, Partitions } from '../../src/common/database/partitions.js';
import { idBounds, newId } from '../../src/common/ids.js';
import { startApp, type TestApp } from '../support/app.js';

let app: TestApp;
let api: Api;
let workflow: string;
/** Ids by what became of them, oldest first. */
const ended: Record<'completed' | 'failed' | 'cancelled' | 'waiting', string[]> = {
  completed: [],
  failed: [],
  cancelled: [],
  waiting: [],
};

const DEFINITION = `
name: listing
steps:
  - id: check
    type: condition
    config:
      expression: input.fail
      then: [{id: broken, type: fail, config: {code: Broken_Part, message: "Part 17% is Broken"}}]
      else: [{id: nap, type: wait, config: {duration: "{{ input.nap }}"}}]
`;

beforeAll(async () => {
  app = await startApp();
  api = app.api;
  workflow = await api.create(DEFINITION);
  const make = async (status: keyof typeof ended, input: object): Promise<void> => {
    const id = await api.start(workflow, { input });
    await api.reaches(id, status === 'cancelled' ? 'waiting' : status);
    if (status === 'cancelled') await api.post(`/executions/${id}/cancel`);
    ended[status].push(id);
  };
  for (let time = 0; time < 2; time++) {
    await make('completed', { fail: false, nap: '1ms' });
    await make('failed', { fail: true });
    await make('cancelled', { fail: false, nap: '1h' });
    await make('waiting', { fail: false, nap: '1h' });
  }
});

async function ids(query: string): Promise<string[]> {
  const { status, body } = await api.get(`/executions?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return (body.items as { id: string }[]).map(({ id }) => id);
}

const newestFirst = (...lists: string[][]): string[] => lists.flat().sort().reverse();

describe('GET /executions', () => {
  it.each(['completed', 'failed', 'cancelled', 'waiting'] as const)(
    'lists those that are %s, and no others',
    async (status) => {
      expect(await ids(`status=${status}`)).toEqual(newestFirst(ended[status]));
    },
  );

  it.each([
    ['failed', 'cancelled'],
    ['failed', 'waiting'],
    ['completed', 'failed'],
  ] as const)('lists those that are %s or %s together', async (one, other) => {
    expect(await ids(`status=${one},${other}`)).toEqual(newestFirst(ended[one], ended[other]));
  });

  it("finds words of an error's code and of its message, whatever their case", async () => {
    for (const q of ['broken_part', 'is BROKEN', '17%25'])
      expect(await ids(`q=${q}`)).toEqual(newestFirst(ended.failed));
  });

  it('takes the signs of patterns as they are', async () => {
    expect(await ids('q=17_')).toEqual([]);
    expect(await ids('q=%25')).toEqual(newestFirst(ended.failed));
  });

  it('finds an execution by its id and by the beginning of it, in either case', async () => {
    const [id = ''] = ended.completed;
    expect(await ids(`q=${id}`)).toEqual([id]);
    expect(await ids(`q=${id.slice(0, 23).toUpperCase()}`)).toEqual([id]);
    expect(await ids(`q=${id}0`)).toEqual([]);
  });

  it('lists once what is found both ways, and pages through what is found', async () => {
    const renamed = await api.create(DEFINITION.replace('name: listing', 'name: digits').replace('Broken_Part', 'e0'));
    const id = await api.start(renamed, { input: { fail: true } });
    await api.reaches(id, 'failed');
    const all = newestFirst(...Object.values(ended), [id]);
    const { body } = await api.get('/executions?q=0&limit=4');
    const rest = await api.get(`/executions?q=0&limit=100&cursor=${body.next_cursor as string}`);
    const found = [...body.items, ...rest.body.items].map((item: { id: string }) => item.id);
    expect(found).toEqual(all);
  });
});

const FAILED_BEFORE = /* sql */ `
INSERT INTO execution (id, workflow_id, version, status, epoch, queued_at, start_time, end_time, trigger_type, error)
SELECT id, $2, 1, 'failed', 1, now(), now(), now(), 'manual', '{"code": "long_ago", "message": "no"}'
FROM unnest($1::uuid[]) AS id`;

describe('a list that reaches back for weeks', () => {
  it.each([1, 3, 100])('gives all in order, without gap or repetition, %i a page', async (limit) => {
    const { database } = app.db;
    const oldest = Math.min(...(await new Partitions(database).all()).map(({ day }) => day));
    const bounds = [idBounds(oldest - 60 * DAY_MS).lowest, idBounds(oldest).lowest];
    await database.query(`CREATE TABLE long_ago PARTITION OF execution FOR VALUES FROM ('${bounds.join("') TO ('")}')`);
    try {
      const ages = [50, 49.9, 20, 8.5, 8, 7, 6, 3.1, 3];
      const past = ages.map((days) => newIdAt(oldest + 3 * DAY_MS - 1 - days * DAY_MS));
      await database.query(FAILED_BEFORE, [past, workflow]);
      const all = newestFirst(ended.failed, past);
      for (const filter of [`workflow_id=${workflow}&status=failed`, 'q=o', 'status=failed']) {
        const found: string[] = [];
        for (let cursor: string | null = ''; cursor !== null;) {
          const at = cursor === '' ? '' : `&cursor=${cursor}`;
          const { body } = await api.get(`/executions?${filter}&limit=${limit}${at}`);
          found.push(...(body.items as { id: string }[]).map(({ id }) => id));
          cursor = body.next_cursor as string | null;
        }
        expect(found.filter((id) => all.includes(id))).toEqual(all);
        expect(new Set(found).size).toBe(found.length);
      }
    } finally {
      await database.query('DROP TABLE long_ago');
    }
  });
});

/** The counter of `newId` goes on from the latest time that it was asked for. */
function newIdAt(time: number): string {
  return idBounds(time).lowest.slice(0, 14) + newId().slice(14);
}

import { beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/common/database/database.js';
import { PARTITIONED_TABLES, Partitions } from '../../src/common/database/partitions.js';
import { idBounds, newId } from '../../src/common/ids.js';
import { createTestDatabase } from '../support/test-database.js';

const DAY_MS = 86_400_000;

describe('partitions of the history', () => {
  let database: Database;
  let partitions: Partitions;

  beforeAll(async () => {
    database = (await createTestDatabase()).database;
    partitions = new Partitions(database);
  });

  it('are there from two days behind to fourteen ahead', async () => {
    for (const days of [-2, 0, 14]) await insert(idBounds(Date.now() + days * DAY_MS).lowest, 'completed');
    expect(await partitions.all()).toHaveLength(17 * PARTITIONED_TABLES.length);
  });

  it('are made once, by however many replicas at a time', async () => {
    await database.query('DROP TABLE execution_log_p' + dayName(14));
    const made = await Promise.all([partitions.makeAhead(), partitions.makeAhead(), partitions.makeAhead()]);
    expect(made.flat()).toEqual(['execution_log_p' + dayName(14)]);
  });

  it('are dropped by whole days when retention is over, and only then', async () => {
    expect(await partitions.dropExpired(30 * DAY_MS)).toEqual([]);
    const dropped = await partitions.dropExpired(DAY_MS);
    expect(dropped.sort()).toEqual(PARTITIONED_TABLES.map((table) => `${table}_p${dayName(-2)}`).sort());
  });

  it('stay while they hold an open execution, steps and logs with them', async () => {
    const open = idBounds(Date.now() - DAY_MS).lowest;
    await insert(open, 'waiting');
    expect(await partitions.dropExpired(0)).toEqual([]);
    await database.query(`UPDATE execution SET status = 'completed' WHERE id = $1`, [open]);
    expect(await partitions.dropExpired(0)).toHaveLength(PARTITIONED_TABLES.length);
  });

  it('stay when the tables are busy, and writers are held up no longer than the short lock timeout', async () => {
    await database.transaction(async (client) => {
      await client.query('SELECT FROM execution');
      await expect(new Partitions(database).dropExpired(-DAY_MS)).resolves.toEqual([]);
    });
    expect(await partitions.dropExpired(-DAY_MS)).not.toEqual([]);
  });

  async function insert(id: string, status: string): Promise<void> {
    await database.query(
      `INSERT INTO execution (id, workflow_id, version, status, trigger_type) VALUES ($1, $2, 1, $3, 'manual')`,
      [id, newId(), status],
    );
  }
});

function dayName(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
}

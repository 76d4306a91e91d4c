import { type Pool, type PoolClient, type QueryResultRow } from 'pg';

/** Plain SQL beside TypeORM, on TypeORM's own pool: for hot paths and for what no entity fits. */
export class Database {
  constructor(readonly pool: Pool) {}

  async query<Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.pool.query<Row>(sql, values as unknown[]);
    return result.rows;
  }

  /** Commits what `work` did, or rolls all of it back when it throws. */
  async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((cause: unknown) => {
        broken = cause instanceof Error ? cause : new Error(String(cause));
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

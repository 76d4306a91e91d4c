import { type Pool, type PoolClient, type QueryResultRow } from 'pg';
import { together } from '../together.js';

/** Plain SQL beside TypeORM, on TypeORM's own pool: for hot paths and for what no entity fits. */
export class Database {
  constructor(readonly pool: Pool) {}

  async query<Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.pool.query<Row>(sql, values as unknown[]);
    return result.rows;
  }

  /** Commits what `work` did, or rolls all of it back when it throws. */
  async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return await this.lend(async (client) => {
      await client.query('BEGIN');
      return await work(client);
    });
  }

  /**
   * The same, with its beginning on the way together with the first statement: one round trip less. For what may be run
   * twice: if the beginning alone were refused, the statements behind it would stand without a transaction.
   */
  async repeatableTransaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return await this.lend(async (client) => (await together([client.query('BEGIN'), work(client)]))[1]);
  }

  /** Commits, or rolls back, what `work` has begun. */
  private async lend<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    // A connection that breaks while it is lent is an event of its own, beside the error of the query it broke; without
    // a listener it would end the process.
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(onError);
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }
}

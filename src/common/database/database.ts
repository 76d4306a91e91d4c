import { type Pool, type PoolClient, type QueryResultRow } from 'pg';
import { isConflict } from './pg-errors.js';
import { together } from './together.js';

const MOST_TRIES = 4;

/** Whoever takes statements: the pool, or a connection in the middle of a transaction. */
export type SqlClient = Pick<PoolClient, 'query'>;

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
   * The same for what may be run again: when PostgreSQL has chosen it to end a deadlock, it is, a few times. Locks are taken
   * in one order wherever that is known beforehand; whoever calls the API is not to see where it is not.
   */
  async retriedTransaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.transaction(work);
      } catch (error) {
        if (tries === MOST_TRIES || !isConflict(error)) throw error;
      }
    }
  }

  /**
   * The same as `transaction`, with its beginning on the way together with the first statement: one round trip less. For what
   * may be run twice: if the beginning alone were refused, the statements behind it would stand without a transaction.
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

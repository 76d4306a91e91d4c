import { Injectable } from '@nestjs/common';
import { parseDuration } from '../../../common/duration.js';
import { AppError, type Fault } from '../../../common/errors/app-error.js';
import type { SqlJob, SqlResult } from '../../../common/sql/sql.contract.js';
import { SqlClients } from '../../../common/sql/sql-clients.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { AttemptAbortedError, NodeError } from '../../nodes.errors.js';
import { buildStatement } from './build-statement.js';
import { DatabaseConfig } from './database.config.js';
import { configFaults } from './statement-faults.js';

@Injectable()
export class DatabaseNode extends NodeType<DatabaseConfig> {
  readonly type = 'database';
  readonly kind = 'ACTION';
  readonly title = 'Database';
  readonly description = 'Reads and changes rows of a PostgreSQL, MySQL, MariaDB or SQLite database.';
  readonly config = DatabaseConfig;

  constructor(private readonly clients: SqlClients) {
    super();
  }

  effect({ operation }: Readonly<Record<string, unknown>>): 'idempotent' | 'once' {
    return operation === 'query' ? 'idempotent' : 'once';
  }

  override faults(config: DatabaseConfig): readonly Fault[] {
    return configFaults(config);
  }

  async execute({ config, connections, signal }: NodeContext<DatabaseConfig>): Promise<NodeOutcome> {
    try {
      const client = this.clients.of(await connections.get(config.connection, 'database'));
      const given = config.operation === 'transaction' ? (config.statements ?? []) : [config];
      const statements = given.map((statement) => buildStatement(client.dialect, statement));
      const results = await client.run({
        statements,
        mode: MODES[config.operation] ?? 'single',
        maxRows: config.max_rows,
        timeoutMs: parseDuration(config.timeout) ?? 30_000,
        signal,
      });
      return done(outputOf(config, results));
    } catch (error) {
      if (signal.aborted) throw new AttemptAbortedError(signal);
      if (error instanceof NodeError || !(error instanceof AppError)) throw error;
      throw new NodeError(error.code, error.message, { retryable: error.retryable, cause: error });
    }
  }
}

const MODES: Readonly<Record<string, SqlJob['mode']>> = { query: 'read', transaction: 'transaction' };

function outputOf({ operation }: DatabaseConfig, results: readonly SqlResult[]): object {
  const plain = results.map(({ rows, rowCount }) => ({ rows, row_count: rowCount }));
  const last = plain.at(-1) ?? { rows: [], row_count: 0 };
  if (operation !== 'transaction') return last;
  return { rows: last.rows, row_count: plain.reduce((sum, { row_count }) => sum + row_count, 0), results: plain };
}

import { readConnectionConfig, type ConnectionType } from '../../src/common/connections/connection-types.js';
import type { Connection, Connections } from '../../src/common/connections/connections.js';
import { ConnectionNotFoundError } from '../../src/common/connections/connections.errors.js';
import { startMariadb } from './mariadb.js';
import { postgresOverTcp } from './postgres-over-tcp.js';
import { createTestDatabase } from './test-database.js';

/** Connections of a test, by name. */
export function testConnections(
  configs: Readonly<Record<string, { type: ConnectionType; config: object }>>,
): Connections {
  return {
    get: <T extends ConnectionType>(name: string, type: T): Promise<Connection<T>> => {
      const given = configs[name];
      if (given === undefined) return Promise.reject(new ConnectionNotFoundError(name));
      const { config, faults } = readConnectionConfig(type, given.config);
      if (faults.length > 0) throw new Error(JSON.stringify(faults));
      return Promise.resolve({ id: name, name, type, revision: 1, config: config });
    },
  };
}

export async function databaseConfig(driver: string): Promise<object> {
  if (driver === 'sqlite') return { driver, file: 'shop.db' };
  if (driver === 'postgresql') {
    const { url } = await createTestDatabase({ empty: true });
    return { url: await postgresOverTcp(url) };
  }
  const { port, password } = await startMariadb();
  return { driver, host: '127.0.0.1', port, database: 'shop', username: 'shop', password };
}

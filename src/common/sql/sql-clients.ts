import { join } from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { driverOf, type DatabaseConnection } from '../connections/database.connection.js';
import type { Connection } from '../connections/connections.js';
import { OutgoingSockets } from '../http/outgoing-sockets.js';
import { MysqlClient } from './mysql-client.js';
import { refuseOwnDatabase } from './own-database.js';
import { PostgresClient, type Admission } from './postgres-client.js';
import type { SqlClient } from './sql.contract.js';
import { SqliteClient } from './sqlite-client.js';

/** A client for each database connection, kept until the connection changes or the server ends. */
@Injectable()
export class SqlClients implements OnApplicationShutdown {
  private readonly clients = new Map<string, { readonly revision: number; readonly client: SqlClient }>();
  private readonly admit: Admission;
  private readonly folder: string;

  constructor(
    config: AppConfig,
    private readonly sockets: OutgoingSockets,
  ) {
    this.admit = refuseOwnDatabase(config.databaseUrl);
    this.folder = join(config.dataFolder, 'sqlite');
  }

  of({ id, revision, config }: Connection<'database'>): SqlClient {
    const known = this.clients.get(id);
    if (known !== undefined && known.revision >= revision) return known.client;
    const client = this.open(config);
    this.clients.set(id, { revision, client });
    // Its running statements end first.
    void known?.client.close();
    return client;
  }

  /** A client that its caller closes. */
  open(config: DatabaseConnection): SqlClient {
    const driver = driverOf(config);
    if (driver === 'sqlite') return new SqliteClient(config, this.folder);
    if (driver === 'postgresql') return new PostgresClient(config, this.sockets, this.admit);
    return new MysqlClient(driver, config, this.sockets);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.clients.values()].map(({ client }) => client.close()));
    this.clients.clear();
  }
}

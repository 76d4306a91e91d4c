import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Clock } from '../../common/clock.js';
import { readConnectionConfig, type ConnectionType } from '../../common/connections/connection-types.js';
import { Connections, type Connection } from '../../common/connections/connections.js';
import { ConnectionNotFoundError, ConnectionTypeError } from '../../common/connections/connections.errors.js';
import { isId } from '../../common/ids.js';
import { Signals } from '../../common/signals/signals.contract.js';
import { ConnectionEntity } from './connection.entity.js';
import { ConnectionSeal } from './connection-seal.js';

/** The signal that a connection was made, changed or removed: `{id}`. */
export const CONNECTION_CHANGED_SIGNAL = 'connection.changed';
/** How long an opened connection is kept, milliseconds. A change is signalled to all replicas at once. */
const FRESH_MS = 30_000;

@Injectable()
export class OpenedConnections extends Connections implements OnModuleDestroy {
  private readonly opened = new Map<string, { value: Promise<Connection>; until: number }>();
  private readonly unsubscribe: () => void;

  constructor(
    @InjectRepository(ConnectionEntity) private readonly connections: Repository<ConnectionEntity>,
    private readonly seal: ConnectionSeal,
    private readonly clock: Clock,
    signals: Signals,
  ) {
    super();
    this.unsubscribe = signals.subscribe(CONNECTION_CHANGED_SIGNAL, () => this.opened.clear());
    signals.onReconnect(() => this.opened.clear());
  }

  override async get<T extends ConnectionType>(idOrName: string, type: T): Promise<Connection<T>> {
    const found = await this.any(idOrName);
    if (!isOf(found, type)) throw new ConnectionTypeError(found.name, found.type, type);
    return found;
  }

  /** Whatever its type is. @throws ConnectionNotFoundError, SecretUnreadableError */
  any(idOrName: string): Promise<Connection> {
    const known = this.opened.get(idOrName);
    if (known !== undefined && known.until > this.clock.now()) return known.value;
    const value = this.open(idOrName);
    this.opened.set(idOrName, { value, until: this.clock.now() + FRESH_MS });
    value.catch(() => this.opened.delete(idOrName));
    return value;
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  private async open(idOrName: string): Promise<Connection> {
    const found = await this.connections.findOneBy(isId(idOrName) ? { id: idOrName } : { name: idOrName });
    if (found === null) throw new ConnectionNotFoundError(idOrName);
    const { id, name, type, revision } = found;
    const { config } = readConnectionConfig(type, this.seal.open(found));
    return { id, name, type, revision, config };
  }
}

function isOf<T extends ConnectionType>(connection: Connection, type: T): connection is Connection<T> {
  return connection.type === type;
}

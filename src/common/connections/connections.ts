import type { ConnectionConfigs, ConnectionType } from './connection-types.js';

/** A connection, opened. What is in `config` must not be stored, logged or answered. */
export interface Connection<T extends ConnectionType = ConnectionType> {
  readonly id: string;
  readonly name: string;
  readonly type: T;
  /** Rises with each change: what was made of an older one is to be made anew. */
  readonly revision: number;
  readonly config: ConnectionConfigs[T];
}

/** Port: connections by id or name, opened when a step runs; their secrets are redacted from then on. */
export abstract class Connections {
  /** @throws ConnectionNotFoundError, ConnectionTypeError, SecretUnreadableError */
  abstract get<T extends ConnectionType>(idOrName: string, type: T): Promise<Connection<T>>;
}

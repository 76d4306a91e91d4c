import type { ConnectionType } from './connection-types.js';
import type { Connections } from './connections.js';

export interface MissingConnection {
  readonly code: 'connection_missing';
  readonly message: string;
  readonly at: null;
}

/** What is wrong with a connection that a config names: a warning for who deploys it. */
export async function missingConnection(
  connections: Connections,
  name: string,
  type: ConnectionType,
): Promise<readonly MissingConnection[]> {
  try {
    await connections.get(name, type);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ code: 'connection_missing', message, at: null }];
  }
}

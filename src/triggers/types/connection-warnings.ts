import type { ConnectionType } from '../../common/connections/connection-types.js';
import type { Connections } from '../../common/connections/connections.js';
import type { TriggerWarning } from '../trigger.contract.js';

/** What a connection that a config names keeps a trigger from seeing. */
export async function connectionWarnings(
  connections: Connections,
  name: string,
  type: ConnectionType,
): Promise<readonly TriggerWarning[]> {
  try {
    await connections.get(name, type);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ code: 'connection_missing', message, at: null }];
  }
}

import type { ConnectionType } from '../../common/connections/connection-types.js';
import type { Connections } from '../../common/connections/connections.js';
import { AppError } from '../../common/errors/app-error.js';
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
    if (!(error instanceof AppError)) throw error;
    return [{ code: 'connection_missing', message: error.message, at: null }];
  }
}

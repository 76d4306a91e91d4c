import type { Connection, Connections } from '../../common/connections/connections.js';
import type { TriggerNames } from '../engine.contract.js';
import { SecretsWithheldError } from '../engine.errors.js';

type Marked = { readonly trigger: TriggerNames | null };

/** Whether an execution gets no secrets: somebody untrusted has a say in it, or in the one that started it. */
export function isWithheldFrom({ trigger }: Marked): boolean {
  return trigger?.withholds_secrets === true;
}

/** What stands for `secrets`: whatever is asked of it says why it does not answer. */
export const WITHHELD_SECRETS: Readonly<Record<string, string>> = new Proxy(
  {},
  { get: refuse, has: refuse, getOwnPropertyDescriptor: refuse, ownKeys: refuse },
);

export const WITHHELD_CONNECTIONS: Connections = {
  get: (): Promise<Connection<never>> => Promise.reject(new SecretsWithheldError('connections')),
};

/** What a child has for a trigger: nothing, or the mark of its parent. */
export function triggerOfChild(parent: Marked, type: string, at: Date): TriggerNames | null {
  if (!isWithheldFrom(parent)) return null;
  const occurred_at = at.toISOString();
  return { type, id: null, name: null, occurred_at, scheduled_for: null, payload: null, withholds_secrets: true };
}

function refuse(): never {
  throw new SecretsWithheldError('secrets');
}

import type { ClientEnvironment } from '../../common/config/client-environment.js';
import { UsageError } from '../cli.errors.js';

export interface Connection {
  /** Without a slash at the end, and without the base of the API. */
  readonly url: string;
  readonly apiKey: string | null;
}

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Flags go before the environment, that before the key that a server on this machine keeps in its data folder. */
export function connectionOf(
  flags: { readonly url?: string; readonly apiKey?: string },
  environment: ClientEnvironment,
): Connection {
  const url = readUrl(flags.url ?? environment.url);
  const kept = LOCAL.has(url.hostname) ? environment.keptAdminKey : () => null;
  return {
    url: url.href.replace(/\/+$/, '').replace(/(\/api)?\/v1$/, ''),
    apiKey: flags.apiKey ?? environment.apiKey ?? kept(),
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`"${text}" is no URL of a server`, 'For example: http://localhost:8003');
  }
  return url;
}

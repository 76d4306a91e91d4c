import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What the `millrace` command takes from its environment. Names and meanings: docs/guides/command-line.md. */
export interface ClientEnvironment {
  readonly url: string;
  readonly apiKey: string | null;
  readonly isColourUnwanted: boolean;
  /** The administrator's key of the server that uses the same data folder, where this user may read it. */
  readonly keptAdminKey: () => string | null;
}

/** Empty counts as not set, as it does for the server. */
export function clientEnvironment(env: NodeJS.ProcessEnv = process.env): ClientEnvironment {
  const value = (name: string): string | null => (env[name] === undefined || env[name] === '' ? null : env[name]);
  const dataFolder = resolve(value('MILLRACE_DATA') ?? '.millrace');
  return {
    url: value('MILLRACE_URL') ?? `http://localhost:${value('PORT') ?? '8003'}`,
    apiKey: value('MILLRACE_API_KEY'),
    // https://no-color.org
    isColourUnwanted: value('NO_COLOR') !== null || env['TERM'] === 'dumb',
    keptAdminKey: () => readKey(join(dataFolder, 'admin-api-key')),
  };
}

function readKey(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

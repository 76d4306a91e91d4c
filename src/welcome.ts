import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import type { AppConfig } from './common/config/app-config.js';
import type { KeptKey } from './common/config/data-folder.js';
import type { EmbeddedPostgres } from './common/database/embedded/embedded-postgres.js';

const FIRST_EXAMPLE = 'examples/hello.yaml';

/** What a newcomer needs after the start: where it is, the key, and something to try. */
export function welcome(config: AppConfig, adminKey: KeptKey | null, postgres: EmbeddedPostgres | null): string {
  const url = `http://${shownHost(config.host)}:${config.port}`;
  const database =
    postgres === null ? 'PostgreSQL at DATABASE_URL' : `embedded PostgreSQL ${postgres.version} (${postgres.how})`;
  const queue = config.redisUrl === null ? 'queue and locks in PostgreSQL' : 'queue and locks on Redis';
  const lines = [
    ['Millrace', `${url}   API ${url}/api/v1   docs ${url}/docs`],
    ['Data', `${config.dataFolder}: ${database}, ${queue}`],
    ['API key', keyLine(adminKey)],
    ['Try', tryLine(url, keyInShell(adminKey))],
  ];
  return `\n${lines.map(([name, text]) => `  ${(name ?? '').padEnd(9)} ${text ?? ''}`).join('\n')}\n\n`;
}

/** From the project's folder: the first line of the README. Elsewhere: what there is. */
function tryLine(url: string, key: string): string {
  const auth = `-H "X-API-Key: ${key}"`;
  if (!existsSync(FIRST_EXAMPLE)) return `curl ${auth} ${url}/api/v1/workflows`;
  return `curl ${auth} -H 'content-type: application/yaml' --data-binary @${FIRST_EXAMPLE} ${url}/api/v1/workflows`;
}

function keyLine(key: KeptKey | null): string {
  if (key === null) return 'the one in ADMIN_API_KEY';
  return key.isNew ? `${key.value}   (shown this once; kept in ${key.path})` : `kept in ${key.path}`;
}

function keyInShell(key: KeptKey | null): string {
  if (key === null) return '$ADMIN_API_KEY';
  return `$(cat ${shellWord(relative(process.cwd(), key.path))})`;
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === '') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

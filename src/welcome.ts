import { relative } from 'node:path';
import type { AppConfig } from './common/config/app-config.js';
import type { KeptKey } from './common/config/data-folder.js';
import type { EmbeddedPostgres } from './common/database/embedded/embedded-postgres.js';

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
    ['Try', `curl -H "X-API-Key: ${keyInShell(adminKey)}" ${url}/api/v1/workflows`],
  ];
  return `\n${lines.map(([name, text]) => `  ${(name ?? '').padEnd(9)} ${text ?? ''}`).join('\n')}\n\n`;
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

/** Settings of the embedded server: small, durable, and for a database of many partitions. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '100',
  shared_buffers: '128MB',
  // A query over all history locks every partition and each of its indexes.
  max_locks_per_transaction: '512',
  max_wal_size: '1GB',
  io_method: 'sync',
  // Statements are short and many; compiling them costs more than it gives.
  jit: 'off',
  random_page_cost: '1.1',
  timezone: 'UTC',
  log_timezone: 'UTC',
  datestyle: 'ISO, YMD',
  default_text_search_config: 'pg_catalog.simple',
  password_encryption: 'scram-sha-256',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
};

/** The text of `postgresql.conf`, written anew at each start, so that a newer Millrace brings its own settings. */
export function serverSettings(socketFolder: string, extra: Readonly<Record<string, string>>): string {
  const all = { ...SETTINGS, unix_socket_directories: `"${socketFolder}"`, ...extra };
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
  return `# Written by Millrace at each start; changes are lost.\n${lines.join('\n')}\n`;
}

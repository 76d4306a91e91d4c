import { spawn } from 'node:child_process';
import type { Account } from './account.js';
import { EmbeddedPostgresError } from './embedded.errors.js';

/** Runs a PostgreSQL tool to its end as the account. A server that it starts lives on. */
export function run(
  file: string,
  args: readonly string[],
  cwd: string,
  account: Account | null,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const identity = account === null ? {} : { uid: account.uid, gid: account.gid };
    const child = spawn(file, args, {
      cwd,
      ...identity,
      // The server must not inherit what the environment of this process holds (PGDATA, PGPORT, secrets).
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (cause) => reject(new EmbeddedPostgresError(`${file} cannot run: ${cause.message}`, cause)));
    child.on('close', (code) => resolve({ code, output }));
  });
}

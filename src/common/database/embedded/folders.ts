import { createHash } from 'node:crypto';
import { chownSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from './account.js';
import { EmbeddedPostgresError } from './embedded.errors.js';

/** A socket's path holds 107 bytes (103 on macOS), `/.s.PGSQL.5432` included. */
const SOCKET_FOLDER_LIMIT = 103 - '/.s.PGSQL.5432'.length;

/** Makes a folder that only the account may enter. */
export function ensureFolder(path: string, account: Account | null): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (account !== null) chownSync(path, account.uid, account.gid);
}

export function writeOwned(path: string, text: string, account: Account | null): void {
  writeFileSync(path, text, { mode: 0o600 });
  if (account !== null) chownSync(path, account.uid, account.gid);
}

/** Where the Unix socket lies: with the data, or in /tmp under a name of its own when that path is too long. */
export function socketFolder(home: string, account: Account | null): string {
  const near = join(home, 'run');
  if (Buffer.byteLength(near) <= SOCKET_FOLDER_LIMIT) {
    ensureFolder(near, account);
    return near;
  }
  const far = join('/tmp', `millrace-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`);
  if (makeFolder(far)) ensureFolder(far, account);
  refuseForeign(far, account);
  return far;
}

/** @returns false when something by this name is there already. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** /tmp is everybody's: a folder that somebody else made there first is not trusted. */
function refuseForeign(folder: string, account: Account | null): void {
  const found = lstatSync(folder);
  const owner = account?.uid ?? process.getuid?.() ?? found.uid;
  if (found.isDirectory() && found.uid === owner && (found.mode & 0o077) === 0) return;
  throw new EmbeddedPostgresError(`the socket folder ${folder} belongs to somebody else: remove it`);
}

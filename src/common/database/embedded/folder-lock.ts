import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataFolderInUseError } from './embedded.errors.js';
import { processIdentity } from './processes.js';

interface Holder {
  pid: number;
  identity: string;
}

/**
 * One server a data folder. The lock is a file that names its holder; that of a dead process is taken over, so a
 * `kill -9` leaves nothing to clean up. @throws DataFolderInUseError while its holder lives.
 * @returns a function that gives the folder back.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'server.lock');
  const me: Holder = { pid: process.pid, identity: processIdentity(process.pid) ?? '' };
  const mine = JSON.stringify(me);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o644 });
  try {
    // Linking fails when the name is taken, and shows the file only when it is complete.
    while (!tryLink(draft, path)) removeIfStale(folder, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (read(path) === mine) rmSync(path, { force: true });
  };
}

function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeIfStale(folder: string, path: string): void {
  const found = read(path);
  if (found === null) return;
  const holder = parse(found);
  if (holder !== null && processIdentity(holder.pid) === holder.identity) {
    throw new DataFolderInUseError(folder, holder.pid);
  }
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  // Somebody may have replaced the stale file between the look and the rename: then give theirs back.
  if (read(aside) !== found) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function parse(text: string): Holder | null {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return null;
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

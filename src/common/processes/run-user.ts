import { spawnSync } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** systemd's range for users that live as long as a service: no account stands there. */
const FIRST_UID = 61_184;
const LAST_UID = 65_519;
/** Where any user may leave files. */
const SHARED_FOLDERS = ['/tmp', '/var/tmp', '/dev/shm'];

/** Users, and how many use each. */
const taken = new Map<number, number>();

/** A user of its own for one run, where the server may choose: limits then count its processes only. */
export function takeUser(): number | null {
  if (process.getuid?.() !== 0) return null;
  let uid = randomInt(FIRST_UID, LAST_UID + 1);
  while (taken.has(uid)) uid = uid === LAST_UID ? FIRST_UID : uid + 1;
  taken.set(uid, 1);
  return uid;
}

/** The same user each time for what lives longer than a run, so that it finds its own files again. */
export function reserveUser(seed: string): number | null {
  if (process.getuid?.() !== 0) return null;
  const digest = createHash('sha256').update(seed).digest().readUInt32BE(0);
  const uid = FIRST_UID + (digest % (LAST_UID - FIRST_UID + 1));
  taken.set(uid, (taken.get(uid) ?? 0) + 1);
  return uid;
}

export function freeUser(uid: number): void {
  const others = (taken.get(uid) ?? 0) - 1;
  if (others > 0) taken.set(uid, others);
  else taken.delete(uid);
}

/** Ends what the user still runs, whatever group or session it hides in, and removes what it left in shared folders. */
export function releaseUser(uid: number): void {
  spawnSync('/bin/sh', ['-c', 'kill -9 -1'], { uid, gid: uid, stdio: 'ignore', env: {} });
  for (const folder of SHARED_FOLDERS) for (const path of entriesOf(folder, uid)) remove(path);
  taken.delete(uid);
}

/** Ends the processes that carry this mark in their environment: where a run has no user of its own. */
export function endMarked(mark: string): void {
  for (const name of list('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !environmentHolds(pid, mark)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

/** Processes and threads that a user has now. */
export function tasksOf(uid: number): number {
  return list('/proc').reduce((sum, name) => sum + (/^\d+$/.test(name) ? tasksIn(name, uid) : 0), 0);
}

function tasksIn(pid: string, uid: number): number {
  const status = read(`/proc/${pid}/status`);
  const [, owner] = /^Uid:\s+(\d+)/m.exec(status) ?? [];
  return Number(owner) === uid ? Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 1) : 0;
}

function environmentHolds(pid: number, mark: string): boolean {
  return read(`/proc/${pid}/environ`).split('\0').includes(mark);
}

function entriesOf(folder: string, uid: number): string[] {
  return list(folder)
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.uid === uid);
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Looks at other processes: by /proc where there is one, else by ps. */

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * What tells a process from a later one with the same pid: when it started. A restarted container gives the same pids
 * to other processes. @returns null when there is no such process.
 */
export function processIdentity(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields behind the name, which may hold spaces and brackets; the 20th of them is the start time in ticks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return null;
    return `${bootId()}:${fields[19] ?? ''}`;
  } catch {
    return isAlive(pid) ? ps(pid, 'lstart') : null;
  }
}

/** Whether this process is a PostgreSQL server that works in `dataFolder`: a postmaster keeps its data folder as cwd. */
export function isPostmasterOf(pid: number, dataFolder: string): boolean {
  // A zombie answers to signals, and has no identity.
  if (processIdentity(pid) === null) return false;
  if (!existsSync('/proc/self/cwd')) return /(^|\/)postgres$/.test(ps(pid, 'comm') ?? '');
  return name(pid) === 'postgres' && worksInFolder(pid, dataFolder);
}

/** Whether any process still works in this folder. Without /proc: unknown, hence false. */
export function worksIn(folder: string): boolean {
  return entries('/proc').some((entry) => {
    return /^\d+$/.test(entry) && worksInFolder(Number(entry), folder);
  });
}

function worksInFolder(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}

function name(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

function ps(pid: number, column: string): string | null {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { newId } from '../common/ids.js';

/** This process among the replicas. */
export class Replica {
  readonly id = newId();
  readonly pid = process.pid;
  /** Where this pid means something: the host and, on Linux, its boot and the pid namespace. */
  readonly host = [
    hostname(),
    tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    tryRead(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' ');
  readonly processToken = processToken(process.pid) ?? this.id;
  /** This process's row of counters that replicas share. */
  readonly slot = parseInt(this.id.slice(-2), 16) % 16;
}

/**
 * Tells a process from another one that had the same pid: when it started.
 * @returns null when there is no such process, or when the system does not say.
 */
export function processToken(pid: number): string | null {
  const stat = tryRead(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The command, in parentheses, may hold spaces; field 22 is the start time.
  return stat === '' ? null : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null);
}

function tryRead(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Bytes that processes and all below them hold: their proportional set sizes, so that shared pages count once.
 * null where there is no /proc.
 */
export function memoryOf(pids) {
  if (!existsSync('/proc/self/smaps_rollup')) return null;
  const parents = parentsOfAll();
  const wanted = new Set(pids);
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const [pid, parent] of parents) if (wanted.has(parent)) wanted.add(pid);
  }
  let bytes = 0;
  for (const pid of wanted) bytes += proportionalSize(pid);
  return bytes;
}

/** Samples until it is stopped. @returns {stop}: the highest sample in bytes */
export function watchMemory(pids, everyMs = 500) {
  let highest = memoryOf(pids);
  const timer = setInterval(() => (highest = Math.max(highest ?? 0, memoryOf(pids) ?? 0) || null), everyMs);
  return { stop: () => (clearInterval(timer), highest) };
}

function parentsOfAll() {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    // The command's name in parentheses may hold anything.
    if (stat !== '') parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  return parents;
}

function proportionalSize(pid) {
  const match = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`));
  return match === null ? 0 : Number(match[1]) * 1024;
}

/** A process may be gone between two looks. */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

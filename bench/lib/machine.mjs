import { cpus, loadavg, totalmem, type } from 'node:os';
import { execFileSync } from 'node:child_process';
import { ROOT } from './paths.mjs';

/** What figures are worth nothing without. */
export function machine() {
  return {
    at: new Date().toISOString(),
    commit: commit(),
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim(),
    memory_gb: Math.round(totalmem() / 2 ** 30),
    system: type(),
    node: process.versions.node,
    /** Programs that wanted to run in the minute before, on average. */
    load_average: loadavg()[0],
  };
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

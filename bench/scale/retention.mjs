import { join } from 'node:path';
import { ROOT } from '../lib/paths.mjs';
import { short } from '../lib/numbers.mjs';

const RETENTION_MS = 30 * 86_400_000;

/** The product's own chore over what is older than 30 days. */
export async function timeRetention({ pool, rows }) {
  const load = (path) => import(join(ROOT, 'dist/src/common/database', path));
  const [{ Partitions }, { Database }] = await Promise.all([load('partitions.js'), load('database.js')]);
  const [{ before }] = await rows(COUNT);
  const began = performance.now();
  const dropped = await new Partitions(new Database(pool)).dropExpired(RETENTION_MS);
  const milliseconds = performance.now() - began;
  const [{ before: after }] = await rows(COUNT);
  return [
    {
      figure: `retention: ${dropped.length} tables with ${short(before - after)} executions dropped`,
      measured: `${short(milliseconds)} ms`,
      target: 'something is dropped',
      holds: dropped.length > 0,
    },
  ];
}

/** Of the planner's estimate: exact enough, and quick. */
const COUNT = `SELECT sum(reltuples)::float8 AS before FROM pg_class WHERE relname LIKE 'execution\\_p________' AND relkind = 'r'`;

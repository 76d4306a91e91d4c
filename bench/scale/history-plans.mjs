import { existsSync, readFileSync } from 'node:fs';

const KEPT_CHARACTERS = 6_000;

/** The plans of the slow statements in PostgreSQL's log, the slowest of each statement. @returns '' when there are none */
export function slowPlans(log) {
  if (!existsSync(log)) return '';
  const slowest = new Map();
  for (const entry of readFileSync(log, 'utf8').split(/\n(?=\d{4}-\d\d-\d\d )/)) {
    const duration = Number(/duration: ([\d.]+) ms {2}plan:/.exec(entry)?.[1] ?? NaN);
    const statement = /Query Text: ([\s\S]*?)\n\t\S/.exec(entry)?.[1];
    if (
      Number.isNaN(duration) ||
      statement === undefined ||
      !/execution/.test(statement) ||
      /INSERT|ALTER|ANALYZE/.test(statement)
    )
      continue;
    if (duration > (slowest.get(statement)?.duration ?? 0)) slowest.set(statement, { duration, entry });
  }
  return [...slowest.values()]
    .sort((a, b) => b.duration - a.duration)
    .map(({ entry }) => entry.slice(0, KEPT_CHARACTERS))
    .join('\n\n');
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** The shell lines of one section of a Markdown page, as a newcomer would copy them. */
export function shellLines(page: string, section: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const begin = text.indexOf(`\n## ${section}\n`);
  if (begin < 0) throw new Error(`${page} has no section "${section}"`);
  const end = text.indexOf('\n## ', begin + 1);
  const body = text.slice(begin, end < 0 ? undefined : end);
  return [...body.matchAll(/^```sh\n(.*?)^```/gms)].map(([, lines]) => lines ?? '').join('\n');
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** Fails at the first line that fails, and where a server answers with 400 or above. */
export const STRICT = 'set -euo pipefail\ncurl() { command curl --fail-with-body "$@"; }\n';

/** The shell lines of a Markdown page, or of one section of it, as a newcomer would copy them. */
export function shellLines(page: string, section?: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const begin = section === undefined ? 0 : text.indexOf(`\n## ${section}\n`);
  if (begin < 0) throw new Error(`${page} has no section "${section}"`);
  const end = section === undefined ? -1 : text.indexOf('\n## ', begin + 1);
  const body = text.slice(begin, end < 0 ? undefined : end);
  return [...body.matchAll(/^```sh\n(.*?)^```/gms)].map(([, lines]) => lines ?? '').join('\n');
}

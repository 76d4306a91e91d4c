import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of package.json: two folders above `src/cli`, three above `dist/src/cli`. */
export function readVersion(): string {
  for (const up of ['../..', '../../..']) {
    try {
      const text = readFileSync(join(import.meta.dirname, up, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return '0.0.0';
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of package.json: one folder above `src`, two above `dist/src`. */
export const VERSION: string = readVersion();

function readVersion(): string {
  for (const up of ['..', '../..']) {
    try {
      return (JSON.parse(readFileSync(join(import.meta.dirname, up, 'package.json'), 'utf8')) as { version: string })
        .version;
    } catch {
      continue;
    }
  }
  return '0.0.0';
}

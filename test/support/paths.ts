import { accessSync, constants, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { statSync } from 'node:fs';

export const ROOT = resolve(import.meta.dirname, '../..');
/** The Node that the product runs on, whatever runs the tests. */
export const NODE = join(ROOT, 'node_modules/.bin/node');
export const MAIN = join(ROOT, 'dist/src/main.js');

/**
 * Where test databases are kept between runs: `.cache`, or the temporary folder when the tests run as root below a
 * folder that PostgreSQL's account cannot pass.
 */
export function cacheFolder(): string {
  const near = join(ROOT, '.cache');
  const folder = process.getuid?.() === 0 && !openToAll(ROOT) ? join(tmpdir(), 'millrace-tests') : near;
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  accessSync(folder, constants.W_OK);
  return folder;
}

function openToAll(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

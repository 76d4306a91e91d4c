import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

/** What `import` goes by in the `exports` of a package. */
const CONDITIONS = ['node-addons', 'node', 'import', 'module-sync', 'default'];

/** The file of a plugin: a path is relative to `folder`, a package is looked for from there. @throws Error */
export function pluginPath(name: string, folder: string): string {
  if (/^\.{0,2}\//.test(name)) return resolve(folder, name);
  const require = createRequire(join(folder, 'plugins.js'));
  try {
    return require.resolve(name);
  } catch (error) {
    // A package that can be imported only is not found by `require`.
    const isImportedOnly = (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
    const entry = isImportedOnly ? importedEntry(name, require.resolve.paths(name) ?? []) : null;
    if (entry === null) throw error;
    return entry;
  }
}

function importedEntry(name: string, folders: readonly string[]): string | null {
  const home = folders.map((folder) => join(folder, name)).find((path) => existsSync(join(path, 'package.json')));
  if (home === undefined) return null;
  const { exports } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { exports?: unknown };
  const all = exports as Readonly<Record<string, unknown>> | null | undefined;
  const target = targetOf(all?.['.'] ?? all);
  return target === null ? null : join(home, target);
}

/** As Node reads it: of conditions the first that holds, in the order of the package. */
function targetOf(exported: unknown): string | null {
  if (typeof exported === 'string') return exported;
  if (typeof exported !== 'object' || exported === null) return null;
  const candidates = Array.isArray(exported)
    ? (exported as unknown[])
    : Object.entries(exported).flatMap(([name, value]): unknown[] => (CONDITIONS.includes(name) ? [value] : []));
  return candidates.map(targetOf).find((target) => target !== null) ?? null;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/paths.js';

interface Package {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
}

describe('the packages', () => {
  const { packages } = readJson('package-lock.json') as { packages: Record<string, Package> };

  it('are all in the lock file, those of other platforms too, or `npm ci` refuses it (`npm run lock:complete`)', () => {
    const missing = Object.values(packages)
      .flatMap((each) => Object.entries(each.optionalDependencies ?? {}))
      .filter(([name, version]) => /^\d/.test(version) && !(`node_modules/${name}` in packages));
    expect(missing).toEqual([]);
  });

  it('are pinned to exact versions', () => {
    const { dependencies = {}, devDependencies = {} } = readJson('package.json') as Package;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/paths.js';

const STATIC = /^(?:import|export)\s(?!type\b)[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'/gms;
const OF_GRPC = /^(@grpc\/|@nestjs\/microservices$|protobufjs|grpc-health-check$)/;

/** Every file that these load with themselves, and what packages they name. */
function loadedBy(entries: readonly string[]): { files: string[]; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (files.has(path) || !existsSync(path)) return;
    files.add(path);
    for (const [, from, bare] of readFileSync(path, 'utf8').matchAll(STATIC)) {
      const target = from ?? bare ?? '';
      if (target.startsWith('.')) visit(join(dirname(path), target.replace(/\.js$/, '.ts')));
      else packages.add(target);
    }
  };
  for (const entry of entries) visit(join(ROOT, 'src', entry));
  return { files: [...files].map((path) => relative(ROOT, path)), packages };
}

it('where gRPC is off, nothing of it is loaded', () => {
  const { files, packages } = loadedBy(['main.ts', 'server.ts', 'application.ts']);
  expect(files).toContain('src/engine/executions.controller.ts');
  expect(files.filter((path) => /grpc/.test(path) || path.endsWith('.messages.ts'))).toEqual([]);
  expect([...packages].filter((name) => OF_GRPC.test(name))).toEqual([]);
  // The same walk finds it where it is on.
  expect([...loadedBy(['grpc.module.ts', 'grpc-server.ts']).packages]).toContain('@grpc/grpc-js');
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breaches } from './support/architecture.js';
import { parseSource, readSources } from './support/imports.js';
import { ROOT } from './support/paths.js';

describe('the architecture', () => {
  it('holds: imports follow "Who may import whom", and no files import each other in a circle', () => {
    const files = readSources(join(ROOT, 'src'));
    expect(files.length).toBeGreaterThan(50);
    expect(breaches(files)).toEqual([]);
  });
});

describe('the check of the architecture catches', () => {
  it.each([
    [
      'a module that imports one it may not',
      'common/a.ts',
      `import { x } from '../engine/x.js';`,
      'common may not import engine',
    ],
    [
      'the same by a type',
      'definition/a.ts',
      `import type { X } from '../nodes/x.js';`,
      'definition may not import nodes',
    ],
    ['the same by a re-export', 'locks/a.ts', `export * from '../secrets/x.js';`, 'locks may not import secrets'],
    [
      'the same by a dynamic import',
      'nodes/a.ts',
      `await import('../triggers/x.js');`,
      'nodes may not import triggers',
    ],
    ['the same by an import type', 'access/a.ts', `let x: import('../engine/x.js').X;`, 'access may not import engine'],
    ['who sees operations', 'engine/a.ts', `import '../operations/x.js';`, 'engine may not import operations'],
    ['who sees the root', 'engine/a.ts', `import '../app.module.js';`, 'may not import the composition root'],
    [
      'an entity of another module',
      'engine/a.ts',
      `import { E } from '../workflows/w.entity.js';`,
      'stay inside their module',
    ],
    ['a type that sees its module', 'nodes/types/http/a.ts', `import '../../registry.js';`, 'a type sees its contract'],
    [
      'a type that sees another',
      'nodes/types/http/a.ts',
      `import '../wait/wait.node.js';`,
      'only the list imports a type',
    ],
    ['who imports a type', 'nodes/registry.ts', `import './types/http/http.node.js';`, 'only the list imports a type'],
    ['Nest in a pure file', 'definition/a.ts', `import { Injectable } from '@nestjs/common';`, 'must stay pure'],
    ['TypeORM in a pure file', 'engine/planner/a.ts', `import { DataSource } from 'typeorm';`, 'must stay pure'],
    ['an application that sees the server', 'console/web/a.tsx', `import '../../common/ids.js';`, 'share no code'],
    ['a server that sees the application', 'console/a.ts', `import './web/main.js';`, 'share no code'],
    ['process.env', 'engine/a.ts', `const x = process.env.PATH;`, 'reads process.env'],
    ['process["env"]', 'engine/a.ts', `const x = process['env'];`, 'reads process.env'],
  ])('%s', (_rule, path, text, breach) => {
    expect(breaches([parseSource(path, text)])).toContainEqual(expect.stringContaining(breach));
  });

  it('a circle of files', () => {
    const files = [
      parseSource('engine/a.ts', `import './b.js';`),
      parseSource('engine/b.ts', `import './c.js';`),
      parseSource('engine/c.ts', `import './a.js';`),
    ];
    expect(breaches(files)).toEqual(['a cycle: engine/a.ts -> engine/b.ts -> engine/c.ts -> engine/a.ts']);
  });

  it('nothing where nothing is wrong', () => {
    const files = [
      parseSource('nodes/node-types.ts', `import './types/http/http.node.js';`),
      parseSource(
        'nodes/types/http/http.node.ts',
        `import '../../node.contract.js'; import '../../../common/ids.js'; import 'undici';`,
      ),
      parseSource('common/config/read.ts', `const x = process.env;`),
      parseSource('app.module.ts', `import './engine/engine.module.js';`),
    ];
    expect(breaches(files)).toEqual([]);
  });
});

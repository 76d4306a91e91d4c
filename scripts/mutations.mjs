// `npm run mutations`: the same set-up as `npm test`, then test/faults/mutations-main.ts; --help explains it.
import { join } from 'node:path';
import { show } from './lib/progress.mjs';
import { install, NODE, productEnvironment, requireNode, ROOT } from './lib/set-up.mjs';

requireNode();
await install();
const loader = ['--enable-source-maps', '--import', join(ROOT, 'scripts/lib/typescript.mjs')];
process.exitCode = await show(
  NODE,
  [...loader, join(ROOT, 'test/faults/mutations-main.ts'), ...process.argv.slice(2)],
  {
    cwd: ROOT,
    env: productEnvironment(),
  },
);

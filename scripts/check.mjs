// `npm run check`: everything that CI checks of the code, in the order in which it is found out fastest.
import { join } from 'node:path';
import { show } from './lib/progress.mjs';
import { install, NODE, productEnvironment, requireNode, ROOT } from './lib/set-up.mjs';

requireNode();
await install();

const modules = join(ROOT, 'node_modules');
const STEPS = [
  ['format', NODE, [join(modules, 'prettier/bin/prettier.cjs'), '--check', '.']],
  ['lint', NODE, [join(modules, 'eslint/bin/eslint.js'), '.', '--max-warnings', '0']],
  ['types', NODE, [join(modules, 'typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.test.json']],
  ['types of the console', NODE, [join(modules, 'typescript/bin/tsc'), '--noEmit', '-p', 'src/console/web']],
  // Builds first.
  ['tests', process.execPath, [join(ROOT, 'scripts/test.mjs')]],
  ['OpenAPI', NODE, [join(ROOT, 'scripts/openapi-check.mjs')]],
];

const failed = [];
for (const [name, file, args] of STEPS) {
  console.log(`\n== ${name}`);
  if ((await show(file, args, { cwd: ROOT, env: productEnvironment() })) !== 0) failed.push(name);
}
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

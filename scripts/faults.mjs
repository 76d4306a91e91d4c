// `npm run faults`: the same set-up as `npm test`, then test/faults/main.ts, which explains its options with --help.
import { join } from 'node:path';
import { show } from './lib/progress.mjs';
import { build, install, NODE, productEnvironment, requireNode, ROOT } from './lib/set-up.mjs';

requireNode();
try {
  await install();
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const loader = ['--enable-source-maps', '--import', join(ROOT, 'scripts/lib/typescript.mjs')];
process.exitCode = await show(NODE, [...loader, join(ROOT, 'test/faults/main.ts'), ...process.argv.slice(2)], {
  cwd: ROOT,
  env: productEnvironment(),
});

// `npm test`: the same set-up as `npm start`, then every test. Further arguments go to vitest (files, `-t name`).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

const folder = mkdtempSync(join(tmpdir(), 'millrace-report-'));
const report = join(folder, 'report.json');
const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const code = await show(NODE, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
  cwd: ROOT,
  env: productEnvironment(),
});
const { passed, failed } = counts();
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = code;

/** A file that fails outside its tests (a leak, a broken import) counts as one failure. */
function counts() {
  let passed = 0;
  let failed = 0;
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const isBroken = (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed');
    passed = numPassedTests;
    failed = numFailedTests + testResults.filter(isBroken).length;
  } catch (error) {
    console.error(`there is no report: ${error.message}`);
  }
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

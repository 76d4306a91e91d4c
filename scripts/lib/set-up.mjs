// What `npm start`, `npm test` and `npm run check` do first: install and build, each only when something changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { run, step } from './progress.mjs';

export const ROOT = resolve(import.meta.dirname, '../..');
/** The Node that the product runs on; npm installs it. */
export const NODE = join(ROOT, 'node_modules/node/bin/node');
const OLDEST = [20, 19];
const INSTALL_STAMP = join(ROOT, 'node_modules/.cache/millrace-install');
const BUILD_STAMP = join(ROOT, 'dist/.build-stamp');
const MAIN = join(ROOT, 'dist/src/main.js');

/** Of the server and of the console. */
const SOURCE = /\.(ts|tsx|css|html|svg)$/;

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  console.error(`Millrace needs Node ${OLDEST.join('.')} or newer to start; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Installs the packages of the lock file when they are not those that are there. */
export async function install() {
  const wanted = hash([join(ROOT, 'package-lock.json')]);
  if (read(INSTALL_STAMP) !== wanted) {
    if (!isInstalledByHand())
      await step('Installing packages', () =>
        npm('ci', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'),
      );
    write(INSTALL_STAMP, wanted);
  }
  // Under `ignore-scripts` the packages come without what their install scripts fetch or build.
  if (!existsSync(NODE)) await step('Finishing the packages', () => npm('rebuild', '--ignore-scripts=false'));
}

/** Compiles the sources when they are not those that `dist` was made of. */
export async function build() {
  const wanted = hash([
    ...sources(),
    ...['package-lock.json', 'tsconfig.json', 'nest-cli.json', 'vite.config.ts'].map((name) => join(ROOT, name)),
  ]);
  if (existsSync(MAIN) && read(BUILD_STAMP) === wanted) return;
  await step('Building', async () => {
    // A file whose source is gone must not be found any more.
    rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
    await run(NODE, [join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js'), 'build'], {
      cwd: ROOT,
      env: productEnvironment(),
    });
    await run(NODE, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
      cwd: ROOT,
      env: productEnvironment(),
    });
  });
  write(BUILD_STAMP, wanted);
}

/** The environment in which `node` is the product's. */
export function productEnvironment() {
  return { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH ?? ''}` };
}

function npm(...args) {
  const script = process.env.npm_execpath;
  const [file, first] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
  return run(file, [...first, ...args], { cwd: ROOT });
}

/** Whoever ran `npm ci` after the lock file changed needs no second one. */
function isInstalledByHand() {
  const marker = join(ROOT, 'node_modules/.package-lock.json');
  return existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs;
}

function sources() {
  return ['src', 'migrations']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && SOURCE.test(entry.name) && !entry.name.endsWith('.spec.ts'))
        .map((entry) => join(entry.parentPath, entry.name)),
    )
    .sort();
}

function hash(paths) {
  const sum = createHash('sha256');
  for (const path of paths) sum.update(`${path.slice(ROOT.length)}\0`).update(readFileSync(path));
  return sum.digest('hex');
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

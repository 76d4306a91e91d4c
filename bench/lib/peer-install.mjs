import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { launch, reasonIn } from './processes.mjs';
import { NODE, PEERS } from './paths.mjs';
import { say } from './progress.mjs';

/**
 * Installs packages into a folder of their own, once: what is there already with the same package.json is used as it is.
 * @param about `{dependencies, overrides}`, pinned
 * @returns the folder. @throws Error that says why it did not work
 */
export async function installPeer(name, about) {
  const folder = join(PEERS, name);
  const wanted = `${JSON.stringify({ name: `bench-${name}`, private: true, type: 'module', ...about }, null, 2)}\n`;
  const stamp = join(folder, '.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  mkdirSync(folder, { recursive: true });
  rmSync(stamp, { force: true });
  writeFileSync(join(folder, 'package.json'), wanted);
  say(`installing ${name}`);
  // None of these needs its install scripts, and the bench runs nobody's.
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  // npm keeps what this environment says of registries, proxies and certificates; only its Node is the product's.
  const env = { ...process.env, PATH: `${dirname(NODE)}:${process.env.PATH}` };
  const npm = launch('npm install', 'npm', args, { cwd: folder, env });
  const code = await npm.exitCode;
  if (code !== 0) throw new Error(`npm install ${name}: ${reasonIn(npm.output())}`);
  writeFileSync(stamp, wanted);
  return folder;
}

/** The version of an installed package. */
export function versionOf(folder, packageName) {
  return JSON.parse(readFileSync(join(folder, 'node_modules', packageName, 'package.json'), 'utf8')).version;
}

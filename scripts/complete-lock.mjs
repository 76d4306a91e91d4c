// Names every optional package of other platforms in package-lock.json. A registry that lacks some of them makes
// `npm install` leave them out, and `npm ci` then refuses the lock file. Run it after `npm install` changed the lock.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PLATFORM = /-(darwin|linux|win32|freebsd|android)-(arm64|arm|x64|ia32|ppc64|s390x|riscv64)/;
const path = join(resolve(import.meta.dirname, '..'), 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));

const added = [];
for (const { optionalDependencies = {}, dev } of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const place = `node_modules/${name}`;
    const [, os, cpu] = PLATFORM.exec(name) ?? [];
    // Without a platform npm would fetch it everywhere; without an exact version there is nothing to name.
    if (place in lock.packages || os === undefined || !/^\d+\.\d+\.\d+/.test(version)) continue;
    lock.packages[place] = { version, cpu: [cpu], ...(dev === true ? { dev } : {}), optional: true, os: [os] };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
if (added.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'nothing is missing' : `added ${added.join(', ')}`);

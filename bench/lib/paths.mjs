import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
/** The product's own Node: peers run on it too. */
export const NODE = join(ROOT, 'node_modules/node/bin/node');
export const MAIN = join(ROOT, 'dist/src/main.js');
/** What the bench installs and keeps between runs; ignored by git. */
export const PEERS = join(ROOT, '.bench/peers');
export const RESULTS = join(ROOT, 'bench/results');

#!/usr/bin/env node
// `npx millrace`: the command line, as it was built.
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('Millrace is not built yet: run `npm start` once, or `npm run build`.');
  process.exitCode = 2;
}

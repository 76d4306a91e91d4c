import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESULTS } from './paths.mjs';
import { say } from './progress.mjs';

/** Writes a file of this name into bench/results/. */
export function keep(name, content) {
  mkdirSync(RESULTS, { recursive: true });
  const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
  writeFileSync(join(RESULTS, name), text);
  say(`written: bench/results/${name}`);
}

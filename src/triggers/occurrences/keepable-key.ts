import { createHash } from 'node:crypto';

const LONGEST = 500;

/** A key lies in an index, which takes neither long texts nor NUL: such a one is known by its hash. */
export function keepableKey(key: string): string {
  const isPlain = key.length <= LONGEST && !key.includes('\0');
  return isPlain ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

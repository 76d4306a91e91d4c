import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, normalize, resolve, sep } from 'node:path';

/** Whether a path leaves the folder it is relative to, as far as the text tells. */
export function leavesFolder(path: string): boolean {
  return isAbsolute(path) || path.includes('\0') || normalize(path).split(sep)[0] === '..';
}

/** Where a file under `folder` really is: links are followed before the path is judged. null: not there, or outside. */
export async function findWithin(folder: string, path: string): Promise<string | null> {
  const root = await realpath(folder).catch(() => null);
  const file = root === null || leavesFolder(path) ? null : await realpath(resolve(root, path)).catch(() => null);
  return root !== null && file?.startsWith(root + sep) ? file : null;
}

/** The text of a file under `folder`; null when it is not there or outside: callers say nothing about other files. */
export async function readWithin(folder: string, path: string): Promise<string | null> {
  const file = await findWithin(folder, path);
  return file === null ? null : readFile(file, 'utf8').catch(() => null);
}

import { candidate } from '../../common/file-name.js';
import { FileExistsError, FilesTooLargeError } from './files.errors.js';
import type { FileRow } from './files.statements.js';

/** What becomes of a name that another step has taken; a step's own file of that name is always replaced. */
export type IfTaken = 'fail' | 'replace' | 'rename';

export const MOST_FILES = 1_000;

/** Under which name a file goes among the others, and which of them it replaces. @throws FileExistsError, FilesTooLargeError */
export function placeFor(
  files: readonly FileRow[],
  wanted: { readonly name: string; readonly size: number; readonly stepPath: string | null; readonly ifTaken: IfTaken },
  maxBytes: number,
): { name: string; replaces: FileRow | null } {
  const byName = new Map(files.map((file) => [file.name, file]));
  const isOwn = (file: FileRow): boolean => wanted.stepPath !== null && file.step_path === wanted.stepPath;
  let { name } = wanted;
  let taken = byName.get(name);
  for (let count = 2; taken !== undefined && !isOwn(taken) && wanted.ifTaken !== 'replace'; count++) {
    if (wanted.ifTaken === 'fail') throw new FileExistsError(name, taken.step_path);
    name = candidate(wanted.name, count);
    taken = byName.get(name);
  }
  if (taken === undefined && files.length >= MOST_FILES) throw new FilesTooLargeError(`${MOST_FILES} files`);
  const others = files.reduce((sum, file) => sum + (file === taken ? 0 : file.size), 0);
  if (others + wanted.size > maxBytes) throw new FilesTooLargeError(`${maxBytes} bytes (EXECUTION_FILES_MAX_SIZE)`);
  return { name, replaces: taken ?? null };
}

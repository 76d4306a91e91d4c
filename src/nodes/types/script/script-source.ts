import { readFile, realpath } from 'node:fs/promises';
import { basename, isAbsolute, normalize, resolve, sep } from 'node:path';
import { Script } from 'node:vm';
import { NodeError } from '../../nodes.errors.js';

export interface ScriptSource {
  readonly code: string;
  readonly fileName: string;
}

/** Whether a path leaves the folder it is relative to, as far as the text tells. */
export function leavesFolder(path: string): boolean {
  return isAbsolute(path) || path.includes('\0') || normalize(path).split(sep)[0] === '..';
}

/**
 * Reads a script under `folder`. Links are followed before the path is judged.
 * @throws NodeError `script_not_found`, also for what lies outside: it says nothing about other files.
 */
export async function readScript(folder: string, path: string): Promise<ScriptSource> {
  const root = await realpath(folder).catch(() => null);
  const file = root === null || leavesFolder(path) ? null : await realpath(resolve(root, path)).catch(() => null);
  if (root === null || !file?.startsWith(root + sep)) throw notFound(path);
  const code = await readFile(file, 'utf8').catch(() => null);
  if (code === null) throw notFound(path);
  return { code, fileName: basename(path) };
}

function notFound(path: string): NodeError {
  return new NodeError('script_not_found', `There is no script "${path}" under SCRIPTS_DIR`);
}

/** What the parser has against the code; null when it is well-formed. Nothing of it is run. */
export function syntaxFault(code: string): string | null {
  try {
    new Script(`(async (input, args, env) => {\n${code}\n})`, { filename: 'script.js', lineOffset: -1 });
    return null;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const line = /^script\.js:(\d+)/.exec(error.stack ?? '')?.[1];
    return line === undefined ? error.message : `${error.message} (line ${line})`;
  }
}

import { basename } from 'node:path';
import { Script } from 'node:vm';
import { readWithin } from '../../../common/files/confined-file.js';
import { NodeError } from '../../nodes.errors.js';

export interface ScriptSource {
  readonly code: string;
  readonly fileName: string;
}

/**
 * Reads a script under `folder`. Links are followed before the path is judged.
 * @throws NodeError `script_not_found`, also for what lies outside: it says nothing about other files.
 */
export async function readScript(folder: string, path: string): Promise<ScriptSource> {
  const code = await readWithin(folder, path);
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

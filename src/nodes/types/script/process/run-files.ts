import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export type Runtime = 'node' | 'python' | 'bash';

export interface ProcessScript {
  readonly runtime: Runtime;
  readonly code: string;
  /** JSON. */
  readonly input: string;
  readonly args: unknown;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxMemoryMb: number;
  /** Of stdout and stderr together. */
  readonly maxOutputBytes: number;
  /** Folders of the server that an enclosed script finds empty. */
  readonly hiddenFolders: readonly string[];
}

const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin'];

/** The program of a runtime; null where it is not installed. */
export function interpreterOf(runtime: Runtime): string | null {
  if (runtime === 'node') return process.execPath;
  const name = runtime === 'python' ? 'python3' : 'bash';
  return SYSTEM_FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** The environment of a script: nothing of the server's. */
export function environmentOf(folder: string, given: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: SYSTEM_FOLDERS.join(':'),
    HOME: folder,
    TMPDIR: folder,
    LANG: 'C.UTF-8',
    UV_THREADPOOL_SIZE: '2',
    ...given,
  };
}

/** A folder of its own with the script and its input, which only `uid` may enter. */
export function makeFolder(script: ProcessScript, uid: number | null): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-run-'));
  const files: Record<string, string> = {
    'input.json': script.input,
    'args.json': JSON.stringify(script.args ?? null),
  };
  if (script.runtime === 'node') Object.assign(files, { 'script.js': script.code, 'prelude.mjs': NODE_PRELUDE });
  else if (script.runtime === 'python')
    Object.assign(files, { 'script.py': script.code, 'prelude.py': PYTHON_PRELUDE });
  // In the first line, so that errors name the lines of the script.
  else files['script.sh'] = `input=$(<input.json); ${script.code}\n`;
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    if (uid !== null) chownSync(join(folder, name), uid, uid);
  }
  if (uid !== null) chownSync(folder, uid, uid);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** What follows the interpreter. */
export function argumentsOf({ runtime, args, maxMemoryMb }: ProcessScript, folder: string): string[] {
  const words = toWords(args);
  if (runtime === 'python') return ['-I', '-B', 'prelude.py', ...words];
  if (runtime === 'bash') return ['--noprofile', '--norc', 'script.sh', ...words];
  const prelude = pathToFileURL(join(folder, 'prelude.mjs')).href;
  const quiet = '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON';
  return [`--max-old-space-size=${maxMemoryMb}`, quiet, `--import=${prelude}`, 'script.js', ...words];
}

/** A list is one argument an item; anything else is one argument. Text as it is, else JSON. */
function toWords(args: unknown): string[] {
  if (args === undefined || args === null) return [];
  const list: unknown[] = Array.isArray(args) ? args : [args];
  return list.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
}

const NODE_PRELUDE = `import { readFileSync } from 'node:fs';
for (const name of ['input', 'args']) {
  const value = JSON.parse(readFileSync(name + '.json', 'utf8'));
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
`;

const PYTHON_PRELUDE = `import json, sys
def load(name):
    with open(name + '.json', encoding='utf-8') as file:
        return json.load(file)
names = {'__name__': '__main__', '__builtins__': __builtins__, 'input': load('input'), 'args': load('args')}
sys.argv[0] = 'script.py'
with open('script.py', encoding='utf-8') as file:
    code = compile(file.read(), 'script.py', 'exec')
exec(code, names)
`;

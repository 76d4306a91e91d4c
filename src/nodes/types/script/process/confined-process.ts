import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { NodeError } from '../../../nodes.errors.js';
import {
  argumentsOf,
  environmentOf,
  interpreterOf,
  makeFolder,
  removeFolder,
  type ProcessScript,
} from './run-files.js';
import {
  canEnclose,
  countsTasksByNamespace,
  enclosedCommand,
  ENCLOSING_ENVIRONMENT,
  writeEnvironment,
} from '../../../../common/processes/enclosure.js';
import { endMarked, releaseUser, takeUser, tasksOf } from '../../../../common/processes/run-user.js';

export interface ProcessEnd {
  readonly stdout: string;
  readonly stderr: string;
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Which limit ended it. */
  readonly limit: 'time' | 'output' | null;
}

type OnLine = (stream: 'stdout' | 'stderr', line: string) => void;

const MIB = 1024 * 1024;
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path)) ?? null;
const MAX_TASKS = 64;
const MAX_FILE_BYTES = 64 * MIB;
/** What an interpreter takes for itself, MiB; for Node with the stacks of its threads. */
const OWN_MEMORY_MB = { node: 768, python: 64, bash: 64 } as const;
/** How long what a killed process had written may take to arrive. */
const DRAIN_MS = 1_000;

/** Whether this system can confine processes. */
export const canConfine = PRLIMIT !== null;

/** How a run is kept apart: by a user of its own, by an enclosure, or, where there is neither, by its mark alone. */
type Confinement =
  | { readonly by: 'user'; readonly uid: number }
  | { readonly by: 'enclosure' }
  | { readonly by: 'mark'; readonly mark: string };

/**
 * Runs a script in a process group of its own, with limits that the kernel holds, an environment and a folder of its own,
 * as a user of its own where the server is root, else enclosed where the system allows that. When it returns, nothing
 * of it is left.
 * @throws NodeError `script_unavailable`; the signal's reason when aborted
 */
export async function runConfined(script: ProcessScript, signal: AbortSignal, onLine: OnLine): Promise<ProcessEnd> {
  signal.throwIfAborted();
  const confinement = await confine();
  const folder = makeFolder(script, confinement.by === 'user' ? confinement.uid : null);
  try {
    if (confinement.by === 'enclosure') await writeEnvironment(folder, environmentOf(folder, script.env));
    const end = await converse(start(script, folder, confinement), script, signal, onLine);
    signal.throwIfAborted();
    return end;
  } finally {
    if (confinement.by === 'mark') endMarked(confinement.mark);
    else if (confinement.by === 'user') releaseUser(confinement.uid);
    removeFolder(folder);
  }
}

async function confine(): Promise<Confinement> {
  const uid = takeUser();
  if (uid !== null) return { by: 'user', uid };
  return (await canEnclose()) ? { by: 'enclosure' } : { by: 'mark', mark: `MILLRACE_RUN=${randomUUID()}` };
}

function start(script: ProcessScript, folder: string, confinement: Confinement): ChildProcess {
  const interpreter = interpreterOf(script.runtime);
  if (PRLIMIT === null || interpreter === null) {
    throw new NodeError('script_unavailable', `The runtime "${script.runtime}" is not installed on this server`);
  }
  const program: [string, ...string[]] = [
    PRLIMIT,
    ...limitsOf(script, confinement),
    '--',
    interpreter,
    ...argumentsOf(script, folder),
  ];
  const [command, ...args] =
    confinement.by === 'enclosure'
      ? enclosedCommand({ folder, program, interpreter, hidden: script.hiddenFolders })
      : program;
  const stdin = openSync(join(folder, 'input.json'), 'r');
  try {
    return spawn(command, args, {
      cwd: folder,
      env: environmentFor(script, folder, confinement),
      detached: true,
      stdio: [stdin, 'pipe', 'pipe'],
      ...(confinement.by === 'user' && { uid: confinement.uid, gid: confinement.uid }),
    });
  } finally {
    closeSync(stdin);
  }
}

function environmentFor({ env }: ProcessScript, folder: string, confinement: Confinement): Record<string, string> {
  if (confinement.by === 'enclosure') return ENCLOSING_ENVIRONMENT;
  const own = environmentOf(folder, env);
  if (confinement.by === 'user') return own;
  const [name = '', value = ''] = confinement.mark.split('=');
  return { ...own, [name]: value };
}

function limitsOf({ runtime, timeoutMs, maxMemoryMb }: ProcessScript, confinement: Confinement): string[] {
  const seconds = Math.ceil(timeoutMs / 1_000) + 1;
  const bytes = (maxMemoryMb + OWN_MEMORY_MB[runtime]) * MIB;
  // V8 reserves far more addresses than it uses; what it writes to is limited instead.
  const memory = runtime === 'node' ? `--data=${bytes}` : `--as=${bytes}`;
  const tasks = MAX_TASKS + othersCounted(confinement);
  return [memory, `--cpu=${seconds}`, `--nproc=${tasks}`, `--fsize=${MAX_FILE_BYTES}`, '--nofile=256', '--core=0'];
}

/** What the limit on tasks counts beside the script's: all that the server's user runs, unless there is a border. */
function othersCounted({ by }: Confinement): number {
  const isApart = by === 'user' || (by === 'enclosure' && countsTasksByNamespace());
  return isApart ? 0 : tasksOf(process.getuid?.() ?? 0);
}

async function converse(
  child: ChildProcess,
  { timeoutMs, maxOutputBytes }: ProcessScript,
  signal: AbortSignal,
  onLine: OnLine,
): Promise<ProcessEnd> {
  const limit: ('time' | 'output')[] = [];
  const end = (reason?: 'time' | 'output'): void => {
    if (reason !== undefined) limit.push(reason);
    killGroup(child);
  };
  const abort = (): void => end();
  const timer = setTimeout(() => end('time'), timeoutMs);
  signal.addEventListener('abort', abort, { once: true });
  const written = collect(child, maxOutputBytes, onLine, () => end('output'));
  try {
    const [exitCode, killedBy] = await exitOf(child);
    killGroup(child);
    await written.done;
    return { ...written.texts(), exitCode, signal: killedBy, limit: limit[0] ?? null };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function exitOf(child: ChildProcess): Promise<[number | null, string | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new NodeError('script_unavailable', `The script's process cannot be started: ${cause.message}`, { cause }),
      );
    });
    child.once('exit', (code, killedBy) => resolve([code, killedBy]));
  });
}

interface Written {
  /** What the process wrote has arrived, or is given up on. */
  readonly done: Promise<void>;
  texts(): { stdout: string; stderr: string };
}

function collect(child: ChildProcess, maxBytes: number, onLine: OnLine, onOverflow: () => void): Written {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let left = maxBytes;
  const streams = (['stdout', 'stderr'] as const).map((name) => {
    const stream = child[name] as Readable;
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
      if (left > 0) onLine(name, line);
    });
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => {
      if (left <= 0) return;
      chunks[name].push(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) return;
      // Nothing of it is held in memory from here on.
      stream.destroy();
      onOverflow();
    });
    return new Promise<void>((resolve) => stream.once('close', resolve));
  });
  const late = new Promise<void>((resolve) => {
    child.once('exit', () => setTimeout(resolve, DRAIN_MS).unref());
  });
  const done = Promise.race([Promise.all(streams), late]).then(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  });
  const text = (name: 'stdout' | 'stderr'): string => Buffer.concat(chunks[name]).toString('utf8');
  return { done, texts: () => ({ stdout: text('stdout'), stderr: text('stderr') }) };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

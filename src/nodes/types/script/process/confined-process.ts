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

/**
 * Runs a script in a process group of its own, with limits that the kernel holds, an environment and a folder of its own,
 * as a user of its own where the server is root. When it returns, nothing of it is left.
 * @throws NodeError `script_unavailable`; the signal's reason when aborted
 */
export async function runConfined(script: ProcessScript, signal: AbortSignal, onLine: OnLine): Promise<ProcessEnd> {
  signal.throwIfAborted();
  const uid = takeUser();
  const mark = `MILLRACE_RUN=${randomUUID()}`;
  const folder = makeFolder(script, uid);
  try {
    const end = await converse(start(script, folder, uid, mark), script, signal, onLine);
    signal.throwIfAborted();
    return end;
  } finally {
    if (uid === null) endMarked(mark);
    else releaseUser(uid);
    removeFolder(folder);
  }
}

function start(script: ProcessScript, folder: string, uid: number | null, mark: string): ChildProcess {
  const interpreter = interpreterOf(script.runtime);
  if (PRLIMIT === null || interpreter === null) {
    throw new NodeError('script_unavailable', `The runtime "${script.runtime}" is not installed on this server`);
  }
  const [name = '', value = ''] = mark.split('=');
  const stdin = openSync(join(folder, 'input.json'), 'r');
  try {
    return spawn(PRLIMIT, [...limitsOf(script, uid), '--', interpreter, ...argumentsOf(script, folder)], {
      cwd: folder,
      env: { ...environmentOf(folder, script.env), [name]: value },
      detached: true,
      stdio: [stdin, 'pipe', 'pipe'],
      ...(uid !== null && { uid, gid: uid }),
    });
  } finally {
    closeSync(stdin);
  }
}

function limitsOf({ runtime, timeoutMs, maxMemoryMb }: ProcessScript, uid: number | null): string[] {
  const seconds = Math.ceil(timeoutMs / 1_000) + 1;
  const bytes = (maxMemoryMb + OWN_MEMORY_MB[runtime]) * MIB;
  // V8 reserves far more addresses than it uses; what it writes to is limited instead.
  const memory = runtime === 'node' ? `--data=${bytes}` : `--as=${bytes}`;
  // Without a user of its own the limit counts what the server's user runs already.
  const tasks = uid === null ? tasksOf(process.getuid?.() ?? 0) + MAX_TASKS : MAX_TASKS;
  return [memory, `--cpu=${seconds}`, `--nproc=${tasks}`, `--fsize=${MAX_FILE_BYTES}`, '--nofile=256', '--core=0'];
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

import { execFile, fork, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NodeError } from '../../../nodes.errors.js';
import type { OutputStream, SandboxJob, SandboxMessage, SandboxResult } from './messages.js';

/** Beside this file, with the suffix that this file has: `.js` when built, `.ts` from source (Node strips the types). */
const ENTRY = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url));
const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path));
/** No core files, no written files, few descriptors. Never an address-space limit: V8 reserves far more than it uses. */
const LIMITS = ['--core=0', '--fsize=0', '--nofile=64'];
/** The child ends a script itself when its time is over; one that does not answer is killed this much later. */
const GRACE_MS = 2_000;
/** How V8 ends a process that it cannot save, which happens for want of memory. */
const FATAL_SIGNALS: readonly unknown[] = ['SIGABRT', 'SIGTRAP', 'SIGILL'];

export type LineSink = (stream: OutputStream, text: string) => void;

interface Run {
  readonly onLine: LineSink;
  readonly settle: (result: SandboxResult) => void;
}

/** One child process: its own process group, an empty environment, an empty folder in which nothing can be made. */
export class SandboxProcess {
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  /** False as soon as it was killed or has ended. */
  isUsable = true;
  private readonly child: ChildProcess;
  private run: Run | null = null;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-script-'));
    this.child = fork(ENTRY, [], {
      cwd: folder,
      env: {},
      execArgv: ['--no-node-snapshot'],
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => this.onEnd(String(error), resolve));
      this.child.once('exit', (code, signal) => this.onEnd(signal ?? `exit code ${code ?? 0}`, resolve));
    });
    // Removed under the running process: what has no folder can neither find nor leave a file there.
    this.ready = this.untilReady().finally(() => rmSync(folder, { recursive: true, force: true }));
    this.ready.catch(() => undefined);
  }

  /** Runs one script. It fails as a value; only one may run at a time. */
  async execute(job: SandboxJob, onLine: LineSink): Promise<SandboxResult> {
    this.keepAlive(true);
    await this.ready;
    const watchdog = setTimeout(() => {
      this.run?.settle({
        ok: false,
        code: 'timeout',
        message: `The script ran longer than ${job.timeoutMs} ms`,
        line: null,
      });
      this.kill();
    }, job.timeoutMs + GRACE_MS);
    try {
      return await new Promise<SandboxResult>((settle) => {
        this.run = { onLine, settle };
        this.child.send(job, (error) => {
          if (error)
            settle({ ok: false, code: 'script_failed', message: `The sandbox is gone: ${error.message}`, line: null });
        });
      });
    } finally {
      clearTimeout(watchdog);
      this.run = null;
      this.keepAlive(false);
    }
  }

  /** Ends the process and whatever it may have started. */
  kill(): void {
    const { pid } = this.child;
    if (pid === undefined || !this.isUsable) return;
    this.isUsable = false;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      this.child.kill('SIGKILL');
    }
  }

  /** A sandbox keeps the server's process alive while it works, not while it idles. */
  private keepAlive(isWorking: boolean): void {
    const { child } = this;
    if (isWorking) child.ref();
    else child.unref();
    if (isWorking) child.channel?.ref();
    else child.channel?.unref();
  }

  private untilReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      void this.ended.then(() =>
        reject(new NodeError('script_unavailable', 'The sandbox did not start', { retryable: true })),
      );
      this.child.on('message', (message: SandboxMessage) => {
        if (message.kind === 'ready') this.limit(resolve);
        else if (message.kind === 'line') this.run?.onLine(message.stream, message.text);
        else this.run?.settle(message.result);
      });
    });
  }

  private limit(then: () => void): void {
    if (PRLIMIT === undefined || this.child.pid === undefined) then();
    else execFile(PRLIMIT, ['--pid', String(this.child.pid), ...LIMITS], () => then());
  }

  private onEnd(how: string, then: () => void): void {
    this.isUsable = false;
    const isMemory = FATAL_SIGNALS.includes(how);
    const code = isMemory ? 'script_out_of_memory' : 'script_failed';
    this.run?.settle({ ok: false, code, message: `The script's process ended: ${how}`, line: null });
    then();
  }
}

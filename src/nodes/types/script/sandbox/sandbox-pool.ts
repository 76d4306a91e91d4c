import { NodeError } from '../../../nodes.errors.js';
import type { SandboxJob, SandboxResult } from './messages.js';
import { SandboxProcess, type LineSink } from './sandbox-process.js';

export interface SandboxPoolOptions {
  /** Processes at most. A script only computes, so more than there are processors gain nothing. */
  readonly size: number;
  /** An unused process ends after this, milliseconds. */
  readonly idleMs: number;
}

/** Warm sandbox processes: none before the first script, one script at a time in each, all gone after a while unused. */
export class SandboxPool {
  private readonly processes = new Set<SandboxProcess>();
  private readonly idle = new Map<SandboxProcess, NodeJS.Timeout>();
  private readonly waiting: ((process: SandboxProcess) => void)[] = [];
  private isClosed = false;

  constructor(private readonly options: SandboxPoolOptions) {}

  /** How many processes there are now. */
  get size(): number {
    return this.processes.size;
  }

  /** Runs a script in a process of the pool. Aborting kills that process. @throws the signal's reason when aborted */
  async run(job: SandboxJob, signal: AbortSignal, onLine: LineSink): Promise<SandboxResult> {
    const process = await this.take(signal);
    const kill = (): void => process.kill();
    signal.addEventListener('abort', kill, { once: true });
    try {
      const result = await process.execute(job, onLine);
      signal.throwIfAborted();
      return result;
    } finally {
      signal.removeEventListener('abort', kill);
      this.giveBack(process);
    }
  }

  /** Ends every process; resolves when they are gone. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const process of this.processes) process.kill();
    await Promise.all([...this.processes].map((process) => process.ended));
  }

  private take(signal: AbortSignal): Promise<SandboxProcess> {
    signal.throwIfAborted();
    const [idle] = this.idle.keys();
    if (idle !== undefined) {
      clearTimeout(this.idle.get(idle));
      this.idle.delete(idle);
      return Promise.resolve(idle);
    }
    if (this.processes.size < this.options.size) return Promise.resolve(this.start());
    return this.queue(signal);
  }

  private queue(signal: AbortSignal): Promise<SandboxProcess> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(serve), 1);
        reject(new NodeError('aborted', 'Told to stop before the script began', { retryable: true }));
      };
      const serve = (process: SandboxProcess): void => {
        signal.removeEventListener('abort', leave);
        resolve(process);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(serve);
    });
  }

  private start(): SandboxProcess {
    if (this.isClosed) throw new NodeError('script_unavailable', 'The server is stopping', { retryable: true });
    const process = new SandboxProcess();
    this.processes.add(process);
    void process.ended.then(() => this.remove(process));
    return process;
  }

  private giveBack(process: SandboxProcess): void {
    // A killed process is still listed until its end was seen, but runs nothing any more.
    if (process.isUsable) this.offer(process);
    else this.remove(process);
  }

  private offer(process: SandboxProcess): void {
    const next = this.waiting.shift();
    if (next !== undefined) next(process);
    else this.idle.set(process, setTimeout(() => this.retire(process), this.options.idleMs).unref());
  }

  private retire(process: SandboxProcess): void {
    this.idle.delete(process);
    process.kill();
  }

  private remove(process: SandboxProcess): void {
    clearTimeout(this.idle.get(process));
    this.idle.delete(process);
    if (!this.processes.delete(process)) return;
    const next = this.isClosed ? undefined : this.waiting.shift();
    if (next !== undefined) next(this.start());
  }
}

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { McpConnection } from '../connections/service.connection.js';
import { endMarked, freeUser, reserveUser } from '../processes/run-user.js';

const PRLIMIT = ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path)) ?? null;
/** A server lives long, so its time is not limited; V8 reserves more addresses than it uses, so what it writes to is. */
const LIMITS = ['--data=2147483648', '--nofile=1024', '--core=0', '--fsize=1073741824'];
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const STDERR_KEPT = 2_000;

/**
 * The standard streams of a process that is confined as scripts are: an environment and a working folder of its own, a
 * user of its own where the server is root, limits that the kernel holds. Its whole group ends with it.
 */
export class ConfinedTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** The end of what it wrote to its standard error. */
  stderr = '';
  private child: ChildProcessWithoutNullStreams | null = null;
  private uid: number | null = null;
  private folder: string | null = null;

  private readonly mark = randomUUID();

  /** @param seed of its user: the same for each process of a connection */
  constructor(
    private readonly config: McpConnection,
    private readonly seed: string,
  ) {}

  async start(): Promise<void> {
    this.uid = reserveUser(this.seed);
    this.folder = mkdtempSync(join(tmpdir(), 'millrace-mcp-'));
    if (this.uid !== null) chownSync(this.folder, this.uid, this.uid);
    const { command = '', args = [], env } = this.config;
    const [program, words] = PRLIMIT === null ? [command, args] : [PRLIMIT, [...LIMITS, '--', command, ...args]];
    const child = spawn(program, words, {
      cwd: this.folder,
      env: {
        PATH: SYSTEM_PATH,
        HOME: this.folder,
        TMPDIR: this.folder,
        LANG: 'C.UTF-8',
        ...env,
        MILLRACE_RUN: this.mark,
      },
      detached: true,
      stdio: 'pipe',
      ...(this.uid !== null && { uid: this.uid, gid: this.uid }),
    });
    this.child = child;
    this.read(child);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        this.end();
        reject(error);
      });
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    const { child } = this;
    if (child === null) return Promise.reject(new Error('the process has ended'));
    return new Promise((resolve) => {
      if (child.stdin.write(serializeMessage(message))) resolve();
      else child.stdin.once('drain', resolve);
    });
  }

  close(): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  private read(child: ChildProcessWithoutNullStreams): void {
    const buffer = new ReadBuffer();
    child.stdout.on('data', (chunk: Buffer) => {
      buffer.append(chunk);
      for (;;) {
        try {
          const message = buffer.readMessage();
          if (message === null) return;
          this.onmessage?.(message);
        } catch (error) {
          this.onerror?.(error as Error);
        }
      }
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString()).slice(-STDERR_KEPT);
    });
    child.stdin.on('error', () => undefined);
    child.once('exit', () => this.end());
  }

  /** Once, whoever ends it. */
  private end(): void {
    const { child, uid, folder } = this;
    if (folder === null) return;
    this.child = null;
    this.folder = null;
    if (child?.pid !== undefined) {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    }
    // Also what has left the group; another replica's process of the same user is none of ours.
    endMarked(`MILLRACE_RUN=${this.mark}`);
    if (uid !== null) freeUser(uid);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    this.onclose?.();
  }
}

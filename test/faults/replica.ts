import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventually } from '../support/eventually.js';
import { spawnServer, TEST_API_KEY, type SpawnedServer } from '../support/server.js';
import { freePort } from '../support/services.js';

const READY_LIMIT_MS = 180_000;
const START_TRIES = 3;
const CLOCK = pathToFileURL(join(import.meta.dirname, 'clock.mjs')).href;

export interface ReplicaSettings {
  readonly databaseUrl: string;
  readonly redisUrl?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Tells the harness of each new process before it can do anything. */
  readonly register: (pid: number, application: string) => Promise<void>;
}

/** One replica: a process that may die and come back, at one address. */
export class Replica {
  url = '';
  private port = 0;
  private process: SpawnedServer | null = null;
  private starting: Promise<void> | null = null;

  constructor(
    readonly name: string,
    private readonly settings: ReplicaSettings,
  ) {}

  get pid(): number {
    return this.process?.child.pid ?? 0;
  }

  get isAlive(): boolean {
    const child = this.process?.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  logs(): string {
    return this.process?.logs() ?? '';
  }

  /**
   * Ready when this resolves. While it is starting, a further call waits for that start.
   * @param clockOffsetMs what its clock is ahead of the machine's.
   */
  async start(clockOffsetMs = 0): Promise<void> {
    this.starting ??= this.startAgainAndAgain(clockOffsetMs).finally(() => (this.starting = null));
    await this.starting;
  }

  private async startAgainAndAgain(clockOffsetMs: number): Promise<void> {
    for (let left = START_TRIES - 1; ; left--) {
      try {
        await this.startOnce(clockOffsetMs);
        return;
      } catch (error) {
        // As whoever watches over processes does: a start that fails on a busy machine is tried again.
        if (left === 0 || this.isAlive) throw error;
      }
    }
  }

  private async startOnce(clockOffsetMs: number): Promise<void> {
    this.port ||= await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    const database = new URL(this.settings.databaseUrl);
    database.searchParams.set('application_name', this.name);
    const clock = { NODE_OPTIONS: `--import ${CLOCK}`, FAULTS_CLOCK_OFFSET_MS: String(clockOffsetMs) };
    const spawned = spawnServer({
      databaseUrl: database.href,
      redisUrl: this.settings.redisUrl,
      port: this.port,
      env: { LOG_LEVEL: 'warn', RATE_LIMIT_API: 'off', ...this.settings.env, ...(clockOffsetMs === 0 ? {} : clock) },
    });
    this.process = spawned;
    await this.settings.register(this.pid, this.name);
    await eventually(async () => {
      if (!this.isAlive) return;
      if (!(await this.isReady())) throw new Error(`${this.name} is not ready\n${this.logs()}`);
    }, READY_LIMIT_MS);
    if (!this.isAlive) throw new Error(`${this.name} ended at its start:\n${spawned.logs()}`);
  }

  async isReady(): Promise<boolean> {
    const answer = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
    return answer?.ok ?? false;
  }

  /** SIGKILL. @returns when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.process?.exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.child.kill(signal);
  }

  fetch(path: string, init: RequestInit & { json?: unknown } = {}, limitMs = 10_000): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${TEST_API_KEY}`);
    const { json, ...rest } = init;
    const signal = AbortSignal.timeout(limitMs);
    if (json === undefined) return fetch(this.url + path, { ...rest, headers, signal });
    headers.set('content-type', 'application/json');
    return fetch(this.url + path, { method: 'POST', ...rest, headers, body: JSON.stringify(json), signal });
  }
}

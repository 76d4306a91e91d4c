import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterFile } from './cleanup.js';
import { eventually } from './eventually.js';
import { MAIN, NODE } from './paths.js';
import { freePort } from './services.js';

export interface ServerOptions {
  /** None: the embedded PostgreSQL in `dataFolder`. */
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  readonly dataFolder?: string;
  /** None: a free one. */
  readonly port?: number;
  /** Whose process it is; none: the test's. Its folders are made his. */
  readonly uid?: number | undefined;
  /** Further settings; an empty text takes one away. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** Of an admin. */
  readonly apiKey: string;
  readonly pid: number;
  readonly dataFolder: string;
  /** Everything it wrote so far. */
  readonly logs: () => string;
  /** SIGKILL. @returns when it is gone. */
  kill9(): Promise<void>;
  /** SIGTERM. @returns its exit code. */
  stop(): Promise<number | null>;
  /** A request with the key and a JSON body. */
  fetch(path: string, init?: RequestInit & { json?: unknown }): Promise<Response>;
}

export const TEST_API_KEY = 'mr_test_0123456789abcdef0123456789abcdef';
const READY_LIMIT_MS = 60_000;

/** The built server as its own process, ready when this resolves. Stopped after the last test of the file. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const port = options.port ?? (await freePort());
  const server = spawnServer({ ...options, port });
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    if (server.child.exitCode !== null) return;
    const answer = await fetch(`${url}/health/ready`);
    if (!answer.ok) throw new Error(`not ready: ${answer.status}\n${server.logs()}`);
  }, READY_LIMIT_MS);
  if (server.child.exitCode !== null) throw new Error(`the server ended at its start:\n${server.logs()}`);
  return {
    url,
    port,
    apiKey: TEST_API_KEY,
    pid: server.child.pid ?? 0,
    dataFolder: server.dataFolder,
    logs: server.logs,
    kill9: async () => {
      server.child.kill('SIGKILL');
      await server.exited;
    },
    stop: async () => {
      server.child.kill('SIGTERM');
      return await server.exited;
    },
    fetch: (path, init = {}) => fetch(`${url}${path}`, withKey(init)),
  };
}

export interface SpawnedServer {
  readonly child: ChildProcess;
  readonly dataFolder: string;
  readonly exited: Promise<number | null>;
  readonly logs: () => string;
}

/** Starts the process and returns at once: for starts that are meant to fail. */
export function spawnServer(options: ServerOptions = {}): SpawnedServer {
  if (!existsSync(MAIN)) throw new Error('dist/ is missing: run `npm run build` first');
  const dataFolder = options.dataFolder ?? temporaryFolder();
  // Not the repository: a developer's .env must not reach the tests.
  const cwd = temporaryFolder();
  const { uid } = options;
  if (uid !== undefined) for (const folder of [cwd, dataFolder]) chownSync(folder, uid, uid);
  const child = spawn(NODE, [MAIN], {
    cwd,
    env: environment(options, dataFolder),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  afterFile(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
  });
  return { child, dataFolder, exited, logs: () => output };
}

function environment(options: ServerOptions, dataFolder: string): NodeJS.ProcessEnv {
  const settings: Record<string, string | undefined> = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    HOST: '127.0.0.1',
    PORT: String(options.port ?? 0),
    LOG_LEVEL: 'info',
    MILLRACE_DATA: dataFolder,
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    SECRET_KEY: 'a secret key for tests, long enough',
    ADMIN_API_KEY: TEST_API_KEY,
    HTTP_ALLOW_PRIVATE: '127.0.0.0/8',
    ...options.env,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== ''));
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  // The embedded PostgreSQL runs as another user when this is root.
  chmodSync(folder, 0o711);
  afterFile(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function withKey(init: RequestInit & { json?: unknown }): RequestInit {
  const { json, ...rest } = init;
  const headers = new Headers(rest.headers);
  if (!headers.has('authorization')) headers.set('authorization', `Bearer ${TEST_API_KEY}`);
  if (json === undefined) return { ...rest, headers };
  headers.set('content-type', 'application/json');
  return { method: 'POST', ...rest, headers, body: JSON.stringify(json) };
}

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { afterFile } from './cleanup.js';
import { eventually } from './eventually.js';

/** Servers and shells that a machine may lack, and the binary that each needs. */
const SERVICES = {
  redis: 'redis-server',
  dovecot: 'dovecot',
  mariadb: 'mariadbd',
  chromium: 'chromium',
  zsh: 'zsh',
  fish: 'fish',
  postgresql: 'pg_ctlcluster',
} as const;
export type Service = keyof typeof SERVICES;

/**
 * Whether the tests of a suite that needs this server can run: `describe.runIf(requireService('redis'))(…)`. Where it is
 * missing the suite is left out and says so; with REQUIRE_SERVICES=1 it fails instead.
 */
export function requireService(service: Service): boolean {
  const binary = SERVICES[service];
  if (findBinary(binary) !== null) return true;
  const reason = `${binary} is not installed`;
  if (process.env.REQUIRE_SERVICES === '1') throw new Error(`${reason}, and REQUIRE_SERVICES=1 asks for it`);
  process.stderr.write(`left out: the tests that need ${service} (${reason})\n`);
  return false;
}

export function findBinary(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/usr/local/bin'];
  for (const folder of folders) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      continue;
    }
  }
  return null;
}

let shared: Promise<string> | undefined;

/** URL of a Redis for the tests of this file: a private server, started when first asked for. */
export function redisUrl(): Promise<string> {
  shared ??= startRedis().then((redis) => redis.url);
  return shared;
}

export interface TestRedis {
  readonly url: string;
  /** Stops it at once; what it held is gone. */
  stop(): Promise<void>;
  /** It keeps its connections and says nothing on them, until the returned function is called. */
  freeze(): () => void;
}

/** A private Redis without persistence, ended after the last test of the file. `port`: to start one again. */
export async function startRedis(port?: number): Promise<TestRedis> {
  const chosen = port ?? (await freePort());
  const binary = findBinary(SERVICES.redis) ?? SERVICES.redis;
  const options = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(binary, options, { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  afterFile(stop);
  const freeze = () => {
    child.kill('SIGSTOP');
    return () => void child.kill('SIGCONT');
  };
  const url = `redis://127.0.0.1:${chosen}`;
  await eventually(() => ping(url));
  return { url, stop, freeze };
}

async function ping(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}

/** A TCP port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../../src/app.module.js';
import { HealthProbes } from '../../src/common/health/health-probes.js';
import { readConfig } from '../../src/common/config/read-config.js';
import { Redactor } from '../../src/common/logging/redactor.js';
import { GrpcModule } from '../../src/grpc.module.js';
import { connectGrpc } from '../../src/grpc-server.js';
import { createHttpServer } from '../../src/http-server.js';
import { Api } from './api.js';
import { ADMIN_KEY } from './app.js';
import { afterFile } from './cleanup.js';
import { GrpcClient } from './grpc-client.js';
import { freePort } from './services.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export interface GrpcApp {
  readonly app: NestFastifyApplication;
  readonly api: Api;
  readonly grpc: GrpcClient;
  readonly address: string;
  readonly db: TestDatabase;
  key(role: string, more?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

/** The whole application with HTTP and gRPC on free ports. */
export async function startGrpcApp(env: Readonly<Record<string, string>> = {}, db?: TestDatabase): Promise<GrpcApp> {
  const database = db ?? (await createTestDatabase());
  const port = await freePort();
  const { config } = readConfig({
    DATABASE_URL: database.url,
    SECRET_KEY: 'a secret key for tests, long enough',
    ADMIN_API_KEY: ADMIN_KEY,
    HTTP_ALLOW_PRIVATE: '127.0.0.0/8',
    SHUTDOWN_GRACE: '2s',
    HOST: '127.0.0.1',
    GRPC_PORT: String(port),
    ...env,
  });
  const app = await createHttpServer(AppModule.with(config, new Redactor(), undefined, [GrpcModule]), config, QUIET);
  connectGrpc(app, config);
  await app.init();
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= end(app));
  afterFile(close);
  const api = new Api(await app.getUrl(), ADMIN_KEY);
  const address = `127.0.0.1:${port}`;
  const key = async (role: string, more = {}): Promise<string> =>
    (await api.post('/api-keys', { name: role, role, ...more })).body.key as string;
  return { app, api, grpc: new GrpcClient(address, ADMIN_KEY), address, db: database, key, close };
}

async function end(app: NestFastifyApplication): Promise<void> {
  app.get(HealthProbes).drain();
  await app.close();
}

const nothing = (): void => undefined;
const QUIET = {
  log: nothing,
  warn: nothing,
  debug: nothing,
  verbose: nothing,
  error: (...parts: unknown[]) => void process.stderr.write(`${JSON.stringify(parts, replacer)}\n`),
};

function replacer(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.stack : value;
}

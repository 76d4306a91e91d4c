import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { AccessModule } from '../../src/access/access.module.js';
import { Clock, SystemClock } from '../../src/common/clock.js';
import { setUpOpenApi } from '../../src/common/api/openapi.js';
import type { AppConfig } from '../../src/common/config/app-config.js';
import { ConfigModule } from '../../src/common/config/config.module.js';
import { readConfig } from '../../src/common/config/read-config.js';
import { DatabaseModule } from '../../src/common/database/database.module.js';
import { HealthModule } from '../../src/common/health/health.module.js';
import { LoggingModule } from '../../src/common/logging/logging.module.js';
import { Redactor } from '../../src/common/logging/redactor.js';
import { MetricsModule } from '../../src/common/metrics/metrics.module.js';
import { ExecutionQueue } from '../../src/common/queue/execution-queue.js';
import { SignalsModule } from '../../src/common/signals/signals.module.js';
import { StatisticsModule } from '../../src/common/statistics/statistics.module.js';
import { TracingModule } from '../../src/common/tracing/tracing.module.js';
import { TypeCatalogue } from '../../src/definition/type-catalogue.js';
import { OperationsModule } from '../../src/operations/operations.module.js';
import { SecretsModule } from '../../src/secrets/secrets.module.js';
import { WorkflowsModule } from '../../src/workflows/workflows.module.js';
import { FakeCatalogue } from './fake-catalogue.js';
import { measureHttp } from '../../src/common/metrics/http-metrics.js';
import { createHttpServer } from '../../src/http-server.js';
import { afterFile } from './cleanup.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export const ADMIN_KEY = 'mr_admin_0123456789abcdef0123456789abcdef';

/** A queue that holds nothing. */
class IdleQueue extends ExecutionQueue {
  override readonly backend = 'postgres';
  override add(): void {
    return;
  }
  override addNow(): Promise<void> {
    return Promise.resolve();
  }
  override consume(): Promise<void> {
    return Promise.resolve();
  }
  override lookAgain(): void {
    // It has no worker.
  }

  override get isIdle(): boolean {
    return false;
  }

  override setConcurrency(): void {
    return;
  }
  override drain(): Promise<void> {
    return Promise.resolve();
  }
  override counts(): Promise<{ waiting: number; active: number; delayed: number }> {
    return Promise.resolve({ waiting: 3, active: 0, delayed: 0 });
  }
  override taken(): Promise<string[]> {
    return Promise.resolve([]);
  }
  override ping(): Promise<void> {
    return Promise.resolve();
  }
  override onReconnect(): void {
    return;
  }
}

const SHARED: Provider[] = [
  { provide: Clock, useClass: SystemClock },
  { provide: ExecutionQueue, useClass: IdleQueue },
  { provide: TypeCatalogue, useClass: FakeCatalogue },
];

@Global()
@Module({ providers: SHARED, exports: [Clock, ExecutionQueue, TypeCatalogue] })
class SharedModule {}

@Module({})
class ApiModule {
  static with(config: AppConfig): DynamicModule {
    const common = [
      SharedModule,
      DatabaseModule,
      SignalsModule,
      MetricsModule,
      HealthModule,
      StatisticsModule,
      TracingModule,
    ];
    const features = [AccessModule, WorkflowsModule, SecretsModule, OperationsModule];
    const settings = [ConfigModule.with(config), LoggingModule.with(new Redactor())];
    return { module: ApiModule, imports: [...settings, ...common, ...features] };
  }
}

function composeApi(config: AppConfig): DynamicModule {
  return ApiModule.with(config);
}

export interface Answer {
  readonly status: number;
  readonly headers: LightMyRequestResponse['headers'];
  readonly text: string;
  /** Parsed JSON; undefined when the answer is none. */
  readonly body: any;
}

export interface ApiApp {
  readonly app: NestFastifyApplication;
  readonly database: TestDatabase;
  /** Sends as the administrator unless `key` says otherwise; `null`: without any key. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** A new API key. */
  key(role: string, more?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly key?: string | null;
  readonly json?: unknown;
  readonly yaml?: string;
  readonly headers?: Record<string, string>;
}

/**
 * Workflows, access, secrets and operations on a database of their own, without engine or triggers, called without a socket.
 * @param compose another composition, e.g. the whole application.
 */
export async function startApiApp(env: Record<string, string> = {}, compose = composeApi): Promise<ApiApp> {
  const database = await createTestDatabase();
  const settings = { DATABASE_URL: database.url, ADMIN_API_KEY: ADMIN_KEY, SECRET_KEY: 's'.repeat(40), ...env };
  const { config } = readConfig(settings);
  const silent = () => undefined;
  const app = await createHttpServer(compose(config), config, {
    log: silent,
    warn: silent,
    error: silent,
  });
  setUpOpenApi(app, '0.0.0');
  measureHttp(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= app.close());
  afterFile(close);
  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
    answerOf(await app.inject(requestOf(method, path, options)));
  const key = async (role: string, more = {}): Promise<string> => {
    const made = await call('POST', '/api/v1/api-keys', { json: { name: role, role, ...more } });
    return (made.body as { key: string }).key;
  };
  return { app, database, call, key, close };
}

function requestOf(method: string, path: string, { key = ADMIN_KEY, json, yaml, headers }: CallOptions): InjectOptions {
  const all: Record<string, string> = { ...headers };
  if (key !== null) all['authorization'] = `Bearer ${key}`;
  if (json !== undefined) all['content-type'] = 'application/json';
  if (yaml !== undefined) all['content-type'] = 'application/yaml';
  const payload = yaml ?? (json === undefined ? undefined : JSON.stringify(json));
  return { method: method, url: path, headers: all, ...(payload !== undefined && { payload }) };
}

function answerOf(response: LightMyRequestResponse): Answer {
  const isJson = String(response.headers['content-type']).includes('json');
  const body = isJson && response.body !== '' ? (JSON.parse(response.body) as unknown) : undefined;
  return { status: response.statusCode, headers: response.headers, text: response.body, body };
}

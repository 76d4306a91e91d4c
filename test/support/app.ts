import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../../src/app.module.js';
import { readConfig } from '../../src/common/config/read-config.js';
import { Redactor } from '../../src/common/logging/redactor.js';
import type { Plugins } from '../../src/common/plugins/plugins.js';
import { createHttpServer } from '../../src/http-server.js';
import { Api } from './api.js';
import { afterFile } from './cleanup.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export const ADMIN_KEY = 'mr_test_0123456789abcdef0123456789abcdef';

export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly api: Api;
  readonly url: string;
  readonly db: TestDatabase;
  close(): Promise<void>;
}

/** The whole application in this process, listening on a free port, on a database of its own unless one is given. */
export async function startApp(
  env: Readonly<Record<string, string>> = {},
  db?: TestDatabase,
  plugins?: Plugins,
): Promise<TestApp> {
  const testDatabase = db ?? (await createTestDatabase());
  const { config } = readConfig({
    DATABASE_URL: testDatabase.url,
    SECRET_KEY: 'a secret key for tests, long enough',
    ADMIN_API_KEY: ADMIN_KEY,
    HTTP_ALLOW_PRIVATE: '127.0.0.0/8',
    SHUTDOWN_GRACE: '2s',
    ...env,
  });
  const app = await createHttpServer(AppModule.with(config, new Redactor(), plugins), config, QUIET);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= app.close());
  afterFile(close);
  return { app, api: new Api(url, ADMIN_KEY), url, db: testDatabase, close };
}

const nothing = (): void => undefined;
/** Errors are what a failing test wants to show. */
const QUIET = {
  log: nothing,
  warn: nothing,
  debug: nothing,
  verbose: nothing,
  error: (...parts: unknown[]) => void process.stderr.write(`${parts.map(show).join(' ')}\n`),
};

function show(part: unknown): string {
  if (part instanceof Error) return part.stack ?? part.message;
  return typeof part === 'string'
    ? part
    : JSON.stringify(part, (_key, value: unknown) => (value instanceof Error ? value.stack : value));
}

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Fault } from '../errors/app-error.js';
import { AppConfig } from './app-config.js';
import { ConfigError } from './config.errors.js';
import { ALL_SETTINGS, VARIABLE_PREFIX, type SettingValues } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ReadConfig {
  readonly config: AppConfig;
  /** What looks like a mistake but harms nothing. */
  readonly warnings: readonly string[];
}

/** The environment of this process, over the `.env` of its working folder. */
export function processEnvironment(folder: string = process.cwd()): Environment {
  const file = resolve(folder, '.env');
  return { ...(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}), ...process.env };
}

/** @throws ConfigError that lists every fault. */
export function readConfig(environment: Environment): ReadConfig {
  const faults: Fault[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(ALL_SETTINGS)) {
    // An empty text is what `NAME=` in a file or a compose file gives: not set.
    const text = environment[name]?.trim() || setting.default;
    try {
      values[name] = text === null ? null : setting.parse(text);
    } catch (error) {
      const shown = setting.secret === true ? '' : `, not "${text ?? ''}"`;
      faults.push({ path: name, code: 'value_invalid', message: `${(error as Error).message}${shown}` });
    }
  }
  faults.push(...combinations(values, new Set(faults.map((fault) => fault.path))));
  if (faults.length > 0) throw new ConfigError(faults);
  const config = assemble(values as unknown as SettingValues, variables(environment));
  return { config, warnings: [...unknownNames(environment), ...doubtful(config)] };
}

/** Settings that are fine alone and wrong together. */
function combinations(values: Partial<SettingValues>, faulty: ReadonlySet<string>): Fault[] {
  const faults: Fault[] = [];
  const need = (name: keyof SettingValues, because: string): void => {
    if (values[name] === null && !faulty.has(name))
      faults.push({ path: name, code: 'field_required', message: because });
  };
  if (values.DATABASE_URL)
    need('SECRET_KEY', 'is required with DATABASE_URL: 32 characters or more, the same on all replicas');
  if (values.IMAP_SERVER) {
    need('EMAIL_USER', 'is required with IMAP_SERVER');
    need('EMAIL_PASSWORD', 'is required with IMAP_SERVER');
  }
  if (values.GRPC_PORT && values.GRPC_PORT === values.PORT)
    faults.push({ path: 'GRPC_PORT', code: 'value_invalid', message: 'must not be the port of the HTTP API (PORT)' });
  if (values.JWKS_URL) need('JWT_ISSUER', 'is required with JWKS_URL');
  return faults;
}

function assemble(values: SettingValues, given: Readonly<Record<string, string>>): AppConfig {
  return Object.assign(new AppConfig(), {
    port: values.PORT,
    host: values.HOST,
    publicUrl: values.PUBLIC_URL ?? `http://localhost:${values.PORT}`,
    debug: values.DEBUG,
    logLevel: values.LOG_LEVEL ?? (values.DEBUG ? 'debug' : 'info'),
    serviceName: values.SERVICE_NAME,
    databaseUrl: values.DATABASE_URL,
    databasePoolSize: values.DATABASE_POOL_SIZE,
    redisUrl: values.REDIS_URL,
    dataFolder: resolve(values.MILLRACE_DATA),
    roles: values.ROLES,
    workerConcurrency: values.WORKER_CONCURRENCY,
    maxConcurrent: values.MAX_CONCURRENT,
    subworkflowMaxDepth: values.SUBWORKFLOW_MAX_DEPTH,
    executionTimeoutMs: values.EXECUTION_TIMEOUT,
    retentionMs: values.RETENTION,
    fileMaxBytes: values.FILE_MAX_SIZE,
    executionFilesMaxBytes: values.EXECUTION_FILES_MAX_SIZE,
    schedulerTimezone: values.SCHEDULER_TIMEZONE,
    schedulerMaxWorkers: values.SCHEDULER_MAX_WORKERS,
    executionMode: values.EXECUTION_MODE,
    notifyEmail: values.NOTIFY_EMAIL ?? [],
    smtpUrl: values.SMTP_URL,
    mailFrom: values.MAIL_FROM,
    imap: mailbox(values),
    emailCheckIntervalMs: values.EMAIL_CHECK_INTERVAL,
    github: {
      appId: values.GITHUB_APP_ID,
      privateKey: values.GITHUB_APP_PRIVATE_KEY,
      webhookSecret: values.GITHUB_WEBHOOK_SECRET,
      apiUrl: values.GITHUB_API_URL,
    },
    openai: { apiKey: values.OPENAI_API_KEY, baseUrl: values.OPENAI_BASE_URL },
    anthropic: { apiKey: values.ANTHROPIC_API_KEY, baseUrl: values.ANTHROPIC_BASE_URL },
    secretKey: values.SECRET_KEY,
    previousSecretKey: values.SECRET_KEY_PREVIOUS,
    adminApiKey: values.ADMIN_API_KEY,
    jwt: {
      secret: values.JWT_SECRET,
      jwksUrl: values.JWKS_URL,
      issuer: values.JWT_ISSUER,
      audience: values.JWT_AUDIENCE,
    },
    corsOrigins: values.CORS_ORIGINS ?? [],
    trustedProxies: values.TRUSTED_PROXIES ?? [],
    httpAllowPrivate: values.HTTP_ALLOW_PRIVATE ?? [],
    scriptRuntimes: [...new Set(['javascript' as const, ...(values.SCRIPT_RUNTIMES ?? [])])],
    scriptsDir: values.SCRIPTS_DIR === null ? null : resolve(values.SCRIPTS_DIR),
    plugins: values.MILLRACE_PLUGINS ?? [],
    grpcPort: values.GRPC_PORT,
    shutdownGraceMs: values.SHUTDOWN_GRACE,
    metricsPublic: values.METRICS_PUBLIC,
    sentryDsn: values.SENTRY_DSN,
    otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    rateLimitApi: values.RATE_LIMIT_API,
    rateLimitPublic: values.RATE_LIMIT_PUBLIC,
    variables: given,
  } satisfies Pick<AppConfig, keyof AppConfig>);
}

function mailbox(values: SettingValues): AppConfig['imap'] {
  const { IMAP_SERVER: server, IMAP_PORT: port, EMAIL_USER: user, EMAIL_PASSWORD: password } = values;
  return server === null || user === null || password === null ? null : { server, port, user, password };
}

function variables(environment: Environment): Record<string, string> {
  const found = Object.entries(environment).filter(([name]) => name.startsWith(VARIABLE_PREFIX));
  return Object.fromEntries(found.map(([name, value]) => [name, value ?? '']));
}

function unknownNames(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('MILLRACE_') && !name.startsWith(VARIABLE_PREFIX) && !(name in ALL_SETTINGS))
    .map((name) => `${name} is not a setting of Millrace; what workflows shall see must start with ${VARIABLE_PREFIX}`);
}

function doubtful(config: AppConfig): string[] {
  const warnings: string[] = [];
  if (config.adminApiKey !== null && config.adminApiKey.length < 16) {
    warnings.push('ADMIN_API_KEY is short and may be guessed: use 16 characters or more');
  }
  if (config.executionMode === 'notify' && (config.notifyEmail.length === 0 || config.smtpUrl === null)) {
    warnings.push('EXECUTION_MODE=notify mails nobody without NOTIFY_EMAIL and SMTP_URL');
  }
  return warnings;
}

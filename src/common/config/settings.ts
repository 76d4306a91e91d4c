import * as parse from './parsers.js';
import type { Parser } from './parsers.js';

export interface Setting<T = unknown> {
  readonly parse: Parser<T>;
  /** What stands for a setting that is not given, as text; null: nothing does. */
  readonly default: string | null;
  /** A value to show where there is no default. */
  readonly example?: string;
  readonly secret?: boolean;
  /** What it is for, in one or two sentences. */
  readonly about: string;
}

function given<T>(parser: Parser<T>, about: string, more: { default: string; secret?: boolean }): Setting<T>;
function given<T>(parser: Parser<T>, about: string, more?: { example?: string; secret?: boolean }): Setting<T | null>;
function given<T>(parser: Parser<T>, about: string, more: Partial<Setting<T>> = {}): Setting<T | null> {
  return { parse: parser, about, default: null, ...more };
}

/**
 * Every setting, by its environment variable, in groups. `.env.example` and docs/reference/configuration.md are written
 * from this table.
 */
export const SETTINGS = {
  'The server': {
    PORT: given(parse.integer(0, 65_535), 'The port of the HTTP API.', { default: '8003' }),
    HOST: given(parse.anyText, 'The address to listen on; 127.0.0.1 serves this machine alone.', {
      default: '0.0.0.0',
    }),
    PUBLIC_URL: given(
      parse.baseUrl,
      'Where people reach this server: the beginning of the links in mails. Default: http://localhost and the port.',
      { example: 'https://millrace.example.com' },
    ),
    ROLES: given(
      parse.list(parse.oneOf('api', 'scheduler', 'worker')),
      'What this process does: all of it, or a part.',
      {
        default: 'api,scheduler,worker',
      },
    ),
    SERVICE_NAME: given(parse.anyText, 'The name in logs, metrics and traces.', { default: 'workflow_scheduler' }),
    LOG_LEVEL: given(
      parse.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
      'The least level that is logged. Default: info, or debug with DEBUG=true.',
      { example: 'info' },
    ),
    DEBUG: given(parse.flag, 'Logs more, each statement that the database refuses among it.', { default: 'false' }),
    SHUTDOWN_GRACE: given(
      parse.duration(0),
      'How long running steps may go on after SIGTERM before they are handed back.',
      {
        default: '25s',
      },
    ),
    GRPC_PORT: given(parse.integer(1, 65_535), 'The port of the gRPC API. None: off.', { example: '50051' }),
    CORS_ORIGINS: given(
      parse.list(parse.anyText),
      'Origins whose pages may call the API, or *. None: no other origin.',
      {
        example: 'https://console.example.com',
      },
    ),
    TRUSTED_PROXIES: given(
      parse.list(parse.cidr),
      'Addresses and ranges of the proxies in front of this server. What they say in X-Forwarded-For is who calls: for `allowed_ips`, rate limits and the audit log. None: whoever connects.',
      { example: '10.0.0.0/8,192.0.2.7' },
    ),
    RATE_LIMIT_API: given(parse.rateLimit, 'Writes per API key, or off.', { default: '600/1m' }),
    RATE_LIMIT_PUBLIC: given(
      parse.rateLimit,
      'Requests per public route (a webhook; approval links or callbacks of one sender), or off.',
      { default: 'off' },
    ),
  },
  Data: {
    MILLRACE_DATA: given(parse.anyText, 'The data folder: the embedded database, generated keys, files.', {
      default: '.millrace',
    }),
    DATABASE_URL: given(
      parse.url('postgresql', 'postgres'),
      'PostgreSQL 15 or newer. None: an embedded PostgreSQL in the data folder.',
      { example: 'postgresql://millrace:password@localhost:5432/millrace', secret: true },
    ),
    DATABASE_POOL_SIZE: given(
      parse.integer(2, 1_000),
      'Connections of this process, beside a few for queue and signals.',
      {
        default: '20',
      },
    ),
    REDIS_URL: given(parse.url('redis', 'rediss'), 'Redis for queue and locks. None: they live in PostgreSQL.', {
      example: 'redis://localhost:6379',
      secret: true,
    }),
    RETENTION: given(parse.duration(3_600_000), 'How long the history of executions is kept, in whole days.', {
      default: '30d',
    }),
    FILE_MAX_SIZE: given(parse.byteSize(1, 2 ** 40), 'The largest file that an execution may have.', {
      default: '64MiB',
    }),
    EXECUTION_FILES_MAX_SIZE: given(
      parse.byteSize(1, 2 ** 40),
      'How large the files of an execution may be together.',
      {
        default: '256MiB',
      },
    ),
  },
  'Running workflows': {
    WORKER_CONCURRENCY: given(parse.integer(1, 10_000), 'Executions that this process runs at a time.', {
      default: '10',
    }),
    MAX_CONCURRENT: given(parse.integer(1, 1_000_000), 'Executions that run at a time on all replicas together.', {
      default: '100',
    }),
    SUBWORKFLOW_MAX_DEPTH: given(
      parse.integer(1, 1_000),
      'How deep subworkflows may start subworkflows; one that would go deeper fails with `depth_exceeded`.',
      { default: '10' },
    ),
    EXECUTION_TIMEOUT: given(
      parse.duration(1),
      'The longest an execution may take, unless its definition says otherwise.',
      {
        default: '30m',
      },
    ),
    SCHEDULER_TIMEZONE: given(parse.timeZone, 'The time zone of schedules that name none.', { default: 'UTC' }),
    SCHEDULER_MAX_WORKERS: given(
      parse.integer(1, 1_000),
      'How many kinds of timers that wait for somebody outside (mails, deliveries of events) this process works on at a time.',
      {
        default: '10',
      },
    ),
    EXECUTION_MODE: given(
      parse.oneOf('execute', 'notify'),
      'execute starts executions; notify mails what would have started to NOTIFY_EMAIL instead.',
      { default: 'execute' },
    ),
    NOTIFY_EMAIL: given(parse.list(parse.mailAddress), 'Who is told in notification mode.', {
      example: 'ops@example.com',
    }),
    HTTP_ALLOW_PRIVATE: given(
      parse.list(parse.cidr),
      'Private address ranges that outgoing calls may reach. None: public addresses only.',
      { example: '10.0.0.0/8,127.0.0.0/8' },
    ),
    SCRIPT_RUNTIMES: given(
      parse.list(parse.oneOf('javascript', 'node', 'python', 'bash')),
      'Runtimes that script steps may use beside javascript. They are confined processes: of users without rights where the server is root, else enclosed by user namespaces where the system permits them.',
      { example: 'node,python,bash' },
    ),
    SCRIPTS_DIR: given(parse.anyText, 'The folder of the files that script steps name.', { example: './scripts' }),
    MILLRACE_PLUGINS: given(
      parse.list(parse.anyText),
      'npm packages or files with further node and trigger types and hooks.',
      {
        example: 'millrace-plugin-sms,./plugins/own.js',
      },
    ),
  },
  Access: {
    ADMIN_API_KEY: given(
      parse.anyText,
      'The first admin key. None: generated at the first start, kept in the data folder.',
      {
        example: 'mr_choose_a_long_random_text',
        secret: true,
      },
    ),
    SECRET_KEY: given(
      parse.longText(32),
      'Encrypts stored secrets. Required with DATABASE_URL; else generated into the data folder. All replicas need the same.',
      { example: 'thirty-two characters or more of your own', secret: true },
    ),
    SECRET_KEY_PREVIOUS: given(
      parse.longText(32),
      'What SECRET_KEY was before: what is sealed under it is sealed anew under SECRET_KEY at the start.',
      { example: 'the thirty-two characters or more of before', secret: true },
    ),
    JWT_SECRET: given(parse.anyText, 'The shared secret of accepted JSON Web Tokens (HS256).', {
      example: 'the secret of your identity provider',
      secret: true,
    }),
    JWKS_URL: given(parse.url('https', 'http'), 'The public keys of accepted JSON Web Tokens.', {
      example: 'https://project.supabase.co/auth/v1/.well-known/jwks.json',
    }),
    JWT_ISSUER: given(parse.anyText, 'The issuer that tokens must name.', {
      example: 'https://project.supabase.co/auth/v1',
    }),
    JWT_AUDIENCE: given(parse.anyText, 'The audience that tokens must name.', { example: 'authenticated' }),
  },
  Mail: {
    SMTP_URL: given(parse.url('smtp', 'smtps'), 'The server that sends mail.', {
      example: 'smtp://user:password@mail.example.com:587',
      secret: true,
    }),
    MAIL_FROM: given(parse.anyText, 'The sender of mail.', { example: 'Millrace <millrace@example.com>' }),
    IMAP_SERVER: given(parse.anyText, 'The mailbox that email triggers read unless they name a connection.', {
      example: 'imap.example.com',
    }),
    IMAP_PORT: given(parse.integer(1, 65_535), 'Its port.', { default: '993' }),
    EMAIL_USER: given(parse.anyText, 'Its user.', { example: 'inbox@example.com' }),
    EMAIL_PASSWORD: given(parse.anyText, 'Its password.', { example: 'the password of the mailbox', secret: true }),
    EMAIL_CHECK_INTERVAL: given(parse.duration(1_000), 'The safety poll beside IDLE.', { default: '60s' }),
  },
  GitHub: {
    GITHUB_APP_ID: given(parse.anyText, 'The GitHub App of github triggers.', { example: '123456' }),
    GITHUB_APP_PRIVATE_KEY: given(parse.pem, 'Its private key in PEM, line ends as \\n.', {
      example: '-----BEGIN RSA PRIVATE KEY-----\\n…',
      secret: true,
    }),
    GITHUB_WEBHOOK_SECRET: given(parse.anyText, 'The secret that signs its deliveries.', {
      example: 'the secret of the app',
      secret: true,
    }),
    GITHUB_API_URL: given(parse.baseUrl, 'The API, for GitHub Enterprise.', { default: 'https://api.github.com' }),
  },
  'Language models': {
    OPENAI_API_KEY: given(parse.anyText, 'The key of llm and agent steps with provider openai.', {
      example: 'sk-…',
      secret: true,
    }),
    OPENAI_BASE_URL: given(parse.baseUrl, 'The API, for compatible servers.', { default: 'https://api.openai.com/v1' }),
    ANTHROPIC_API_KEY: given(parse.anyText, 'The key of llm and agent steps with provider anthropic.', {
      example: 'sk-ant-…',
      secret: true,
    }),
    ANTHROPIC_BASE_URL: given(parse.baseUrl, 'The API, for compatible servers.', {
      default: 'https://api.anthropic.com',
    }),
  },
  Observing: {
    METRICS_PUBLIC: given(parse.flag, 'Whether /metrics answers without a key.', { default: 'false' }),
    SENTRY_DSN: given(parse.url('https', 'http'), 'Where errors are reported.', {
      example: 'https://key@o0.ingest.sentry.io/0',
      secret: true,
    }),
    OTEL_EXPORTER_OTLP_ENDPOINT: given(parse.url('https', 'http'), 'Where traces are sent. None: no traces.', {
      example: 'http://localhost:4318',
    }),
  },
} as const;

/** Names that start so are no settings: expressions see them as `env`. */
export const VARIABLE_PREFIX = 'MILLRACE_VAR_';

type Union<T> = T extends unknown ? (value: T) => void : never;
type Merged<T> = Union<T> extends (value: infer All) => void ? All : never;
type All = Merged<(typeof SETTINGS)[keyof typeof SETTINGS]>;
export type SettingName = keyof All;
export type SettingValues = { readonly [Name in SettingName]: All[Name] extends Setting<infer T> ? T : never };

export const ALL_SETTINGS: Readonly<Record<string, Setting>> = Object.assign({}, ...Object.values(SETTINGS)) as Record<
  string,
  Setting
>;

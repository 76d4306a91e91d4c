export type Role = 'api' | 'scheduler' | 'worker';

/**
 * The settings of a process, typed and checked: made once from the environment by `readConfig`, injected everywhere.
 * Durations are milliseconds. docs/reference/configuration.md and `.env.example` say what each is for.
 */
export class AppConfig {
  readonly port!: number;
  readonly host!: string;
  /** Where people reach the server, without a slash at the end. */
  readonly publicUrl!: string;
  readonly debug!: boolean;
  readonly logLevel!: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly serviceName!: string;
  /** null: the embedded PostgreSQL, whose URL is known once it runs. */
  readonly databaseUrl!: string | null;
  readonly databasePoolSize!: number;
  /** null: queue and locks live in PostgreSQL. */
  readonly redisUrl!: string | null;
  /** The data folder, absolute. */
  readonly dataFolder!: string;
  readonly roles!: readonly Role[];
  readonly workerConcurrency!: number;
  readonly maxConcurrent!: number;
  readonly subworkflowMaxDepth!: number;
  readonly executionTimeoutMs!: number;
  readonly retentionMs!: number;
  /** Of one file of an execution, and of all of them together. */
  readonly fileMaxBytes!: number;
  readonly executionFilesMaxBytes!: number;
  readonly schedulerTimezone!: string;
  readonly schedulerMaxWorkers!: number;
  readonly executionMode!: 'execute' | 'notify';
  readonly notifyEmail!: readonly string[];
  readonly smtpUrl!: string | null;
  readonly mailFrom!: string | null;
  readonly imap!: {
    readonly server: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
  } | null;
  readonly emailCheckIntervalMs!: number;
  readonly github!: {
    readonly appId: string | null;
    readonly privateKey: string | null;
    readonly webhookSecret: string | null;
    readonly apiUrl: string;
  };
  readonly openai!: { readonly apiKey: string | null; readonly baseUrl: string };
  readonly anthropic!: { readonly apiKey: string | null; readonly baseUrl: string };
  /** 32 characters or more; null until the data folder's own key was read or made (embedded database only). */
  readonly secretKey!: string | null;
  /** What is sealed under it can be opened too. */
  readonly previousSecretKey!: string | null;
  readonly adminApiKey!: string | null;
  readonly jwt!: {
    readonly secret: string | null;
    readonly jwksUrl: string | null;
    readonly issuer: string | null;
    readonly audience: string | null;
  };
  readonly corsOrigins!: readonly string[];
  /** Addresses and CIDR ranges whose X-Forwarded-For is believed. */
  readonly trustedProxies!: readonly string[];
  /** CIDR ranges that outgoing calls may reach although they are private. */
  readonly httpAllowPrivate!: readonly string[];
  readonly scriptRuntimes!: readonly ('javascript' | 'node' | 'python' | 'bash')[];
  readonly scriptsDir!: string | null;
  readonly plugins!: readonly string[];
  readonly grpcPort!: number | null;
  readonly shutdownGraceMs!: number;
  readonly metricsPublic!: boolean;
  readonly sentryDsn!: string | null;
  readonly otlpEndpoint!: string | null;
  /** Writes per key. */
  readonly rateLimitApi!: RateLimit | null;
  readonly rateLimitPublic!: RateLimit | null;
  /** `MILLRACE_VAR_*`: what expressions see as `env`. */
  readonly variables!: Readonly<Record<string, string>>;
}

/** `600/1m` is `{ count: 600, perMs: 60000 }`. */
export interface RateLimit {
  readonly count: number;
  readonly perMs: number;
}

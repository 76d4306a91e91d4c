import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import type { Application } from './application.js';
import { AppConfig } from './common/config/app-config.js';
import { ensureDataFolder, keptKey, type KeptKey } from './common/config/data-folder.js';
import { processEnvironment, readConfig } from './common/config/read-config.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './common/database/embedded/embedded-postgres.js';
import { prepareDatabase } from './common/database/prepare.js';
import { AppError } from './common/errors/app-error.js';
import { configSecrets } from './common/logging/config-secrets.js';
import { createLogger, stdout, type LogSink } from './common/logging/logger.js';
import { NestLogger } from './common/logging/nest-logger.js';
import { Redactor } from './common/logging/redactor.js';
import type { SentrySink } from './common/logging/sentry.js';
import { settleMemory } from './settle-memory.js';
import { onStopRequest } from './stop-request.js';
import { VERSION } from './version.js';
import { welcome } from './welcome.js';

/** The process, from settings to drain. Ends it with 1 and one clear message when it cannot start. */
export async function main(): Promise<void> {
  await new Server().start();
}

class Server {
  private readonly redactor = new Redactor();
  private sink: LogSink = stdout();
  private sentry: SentrySink | null = null;
  private starting: Promise<void> = Promise.resolve();
  private postgres: EmbeddedPostgres | null = null;
  private app: Application | null = null;
  /** Set once, by whatever asks first. */
  private stopping: Promise<never> | null = null;

  async start(): Promise<void> {
    onStopRequest((reason) => void this.stop(reason));
    process.on('uncaughtException', (error) => void this.fail(error));
    process.on('unhandledRejection', (error) => void this.fail(error));
    this.starting = this.startAll();
    await this.starting.catch((error: unknown) => this.giveUp(error));
  }

  /** A stop that is asked for meanwhile takes effect between two steps: what a step has begun must be known to be ended. */
  private async startAll(): Promise<void> {
    const { config: settings, warnings } = readConfig(processEnvironment());
    this.redactor.add(...configSecrets(settings));
    if (settings.sentryDsn !== null) await this.reportTo(settings, settings.sentryDsn);
    Logger.overrideLogger(new NestLogger(createLogger(settings, this.redactor, this.sink)));
    const logger = new Logger('Boot');
    for (const warning of warnings) logger.warn(warning);

    // Loaded while the database starts: each takes about as long.
    const loading = import('./application.js');
    loading.catch(() => undefined);
    const { config, adminKey } = await this.complete(settings);
    if (this.stopping === null) await prepareDatabase(config.databaseUrl ?? '');
    if (this.stopping !== null) return;
    const { createApplication } = await loading;
    this.app = await createApplication(
      config,
      this.redactor,
      new NestLogger(createLogger(config, this.redactor, this.sink)),
    );
    await this.app.listen();
    logger.log({ message: `listening on ${config.host}:${config.port}`, event: 'started' });
    this.say(welcome(config, adminKey, this.postgres));
    settleMemory();
  }

  /** Loaded only where it is wanted. */
  private async reportTo(settings: AppConfig, dsn: string): Promise<void> {
    const { SentrySink } = await import('./common/logging/sentry.js');
    this.sentry = new SentrySink(this.sink, settings, dsn, VERSION);
    this.sink = this.sentry;
  }

  /** Starts what the settings leave to us, and fills in what only then is known. */
  private async complete(settings: AppConfig): Promise<{ config: AppConfig; adminKey: KeptKey | null }> {
    if (settings.databaseUrl === null) {
      ensureDataFolder(settings.dataFolder);
      this.postgres = await startEmbeddedPostgres({ dataFolder: settings.dataFolder });
    }
    const adminKey = settings.adminApiKey === null ? keptKey(settings.dataFolder, 'admin-api-key', 'mr_') : null;
    const config = Object.assign(new AppConfig(), settings, {
      databaseUrl: this.postgres?.url ?? settings.databaseUrl,
      adminApiKey: adminKey?.value ?? settings.adminApiKey,
      secretKey: settings.secretKey ?? keptKey(settings.dataFolder, 'secret-key').value,
    });
    this.redactor.add(...configSecrets(config));
    return { config, adminKey };
  }

  /** Once, however often it is asked for: not ready, no new work, then everything down in order. */
  private stop(reason: string): Promise<never> {
    this.stopping ??= (async () => {
      new Logger('Boot').log({ message: `stopping: ${reason}`, event: 'stopping' });
      await this.starting.catch(() => undefined);
      await this.release();
      process.exit(0);
    })();
    return this.stopping;
  }

  private fail(error: unknown): Promise<never> {
    new Logger('Boot').fatal({ message: 'an error that nothing handled', event: 'crash', err: error });
    this.stopping ??= (async () => {
      await this.starting.catch(() => undefined);
      await this.release();
      process.exit(1);
    })();
    return this.stopping;
  }

  private async giveUp(error: unknown): Promise<void> {
    // An interrupted start may fail too, in any odd way; then the stop has the word.
    if (this.stopping !== null) return;
    this.say(`\nMillrace cannot start: ${startFault(error)}\n`, process.stderr);
    // What was made so far falls apart now; that says nothing more.
    Logger.overrideLogger(false);
    await this.release();
    process.exit(1);
  }

  private async release(): Promise<void> {
    try {
      await this.app?.close();
    } catch (error) {
      new Logger('Boot').error({ message: 'not everything could be closed in order', err: error });
    }
    await this.postgres?.stop();
    await this.sentry?.close();
    this.sink.flush();
  }

  /** Not through the log: this is the one place that shows the first key. */
  private say(text: string, stream: NodeJS.WriteStream = process.stdout): void {
    this.sink.flush();
    stream.write(text);
  }
}

function startFault(error: unknown): string {
  if (error instanceof AppError) return error.message;
  const { code, message, stack } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `the port is in use by another program (${message}). Set PORT to a free one`;
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
    return `${message}. Set HOST and PORT to what this process may use`;
  return stack ?? message;
}

import { createStackParser, createTransport, type Event } from '@sentry/core';
import { nodeStackLineParser, ServerRuntimeClient } from '@sentry/core/server';
import { fetch } from 'undici';
import type { AppConfig } from '../config/app-config.js';
import type { LogSink } from './logger.js';

const CLOSE_MS = 2_000;
const LEVELS = ['error', 'fatal'] as const;
const REPORTED = /"level":"(error|fatal)"/;
/** What a line tells about where it comes from. */
const TAGS = ['event', 'trigger_type', 'workflow_id', 'execution_id', 'step_path', 'status'] as const;

interface Line extends Record<string, unknown> {
  readonly level: string;
  readonly message: string;
  readonly err?: { readonly type?: string; readonly message?: string; readonly stack?: string };
}

/** Passes lines on to the log, and those of level error and above to Sentry too. It stands behind the redactor. */
export class SentrySink implements LogSink {
  private readonly client: ServerRuntimeClient;
  private readonly stackParser = createStackParser(nodeStackLineParser());

  constructor(
    private readonly log: LogSink,
    config: Pick<AppConfig, 'serviceName'>,
    dsn: string,
    release: string,
  ) {
    this.client = new ServerRuntimeClient({
      dsn,
      release: `millrace@${release}`,
      serverName: config.serviceName,
      platform: 'node',
      runtime: { name: 'node', version: process.version },
      integrations: [],
      stackParser: this.stackParser,
      transport: (options) =>
        createTransport(options, async ({ body }) => {
          const answer = await fetch(options.url, { method: 'POST', headers: options.headers ?? {}, body });
          await answer.body?.cancel();
          const header = (name: string): string | null => answer.headers.get(name);
          return {
            statusCode: answer.status,
            headers: {
              'x-sentry-rate-limits': header('x-sentry-rate-limits'),
              'retry-after': header('retry-after'),
            },
          };
        }),
    });
    this.client.init();
  }

  write(line: string): void {
    this.log.write(line);
    if (REPORTED.test(line)) this.report(line);
  }

  flush(): void {
    this.log.flush();
  }

  /** Sends what is left; 2 s at most. */
  async close(): Promise<void> {
    await this.client.close(CLOSE_MS);
  }

  private report(text: string): void {
    try {
      const line = JSON.parse(text) as Line;
      const level = LEVELS.find((each) => each === line.level);
      if (level !== undefined) this.client.captureEvent(this.toEvent(line, level));
    } catch {
      // Nothing that is logged may fail for being reported.
    }
  }

  private toEvent({ message, err, context, ...line }: Line, level: 'error' | 'fatal'): Event {
    const tags = TAGS.flatMap((name) => (typeof line[name] === 'string' ? [[name, line[name]]] : []));
    return {
      level,
      message,
      ...(typeof context === 'string' && { logger: context }),
      tags: Object.fromEntries(tags) as Record<string, string>,
      ...(err !== undefined && {
        exception: {
          values: [
            {
              type: err.type ?? 'Error',
              value: err.message ?? message,
              stacktrace: { frames: this.stackParser(err.stack ?? '') },
              mechanism: { type: 'generic', handled: level !== 'fatal' },
            },
          ],
        },
      }),
    };
  }
}

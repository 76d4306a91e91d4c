import { isatty } from 'node:tty';
import { destination, pino, type DestinationStream, type Logger } from 'pino';
import { pretty } from './pretty.js';
import type { AppConfig } from '../config/app-config.js';
import { logFields } from './log-fields.js';
import type { Redactor } from './redactor.js';

export interface LogSink extends DestinationStream {
  /** Writes what is still held back; before the process ends. */
  flush(): void;
}

/**
 * The log of the process: one JSON object a line on stdout, or readable text on a terminal. Whatever is logged passes
 * the redactor last.
 */
export function createLogger(
  config: Pick<AppConfig, 'logLevel' | 'serviceName'>,
  redactor: Redactor,
  sink: LogSink = stdout(),
): Logger {
  return pino(
    {
      level: config.logLevel,
      messageKey: 'message',
      base: { service: config.serviceName },
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }), log: logFields },
      // `logFields` describes errors.
      serializers: { err: (error: unknown) => error },
    },
    redacting(sink, redactor),
  );
}

/** The one sink: what a line holds of secrets is gone before it is written. */
export function redacting(sink: DestinationStream, redactor: Redactor): DestinationStream {
  return {
    write: (line) => {
      if (!redactor.holdsSecret(line)) sink.write(line);
      // Not on the text: a number that is a secret would leave a line that is no JSON.
      else sink.write(`${JSON.stringify(redactor.value(JSON.parse(line)))}\n`);
    },
  };
}

/** Standard output; written in the background, so that a slow reader of the log does not stop the server. */
export function stdout(): LogSink {
  const file = destination({ fd: 1, sync: false });
  const flush = (): void => {
    try {
      file.flushSync();
    } catch {
      // The reader is gone, or nothing was opened yet: nothing to be done about it.
    }
  };
  process.once('exit', flush);
  const out = isatty(1) ? pretty(file) : file;
  return { write: (line) => out.write(line), flush };
}

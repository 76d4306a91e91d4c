import type { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** Readable text in place of JSON, for people at a terminal. */
export function pretty(sink: DestinationStream, colorize = true): DestinationStream {
  const format = prettyFactory({
    colorize,
    messageKey: 'message',
    timestampKey: 'timestamp',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'service,context',
    singleLine: true,
    errorLikeObjectKeys: ['err'],
    messageFormat: (log, key) => {
      const { context, [key]: message } = log;
      return typeof context === 'string' ? `${context}: ${String(message)}` : String(message);
    },
  });
  return { write: (line) => sink.write(format(line)) };
}

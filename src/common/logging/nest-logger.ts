import type { LoggerService } from '@nestjs/common';
import type { Level, Logger } from 'pino';

/** Nest tells at length what it wires; that is for those who debug. */
const CHATTY = new Set(['InstanceLoader', 'RouterExplorer', 'RoutesResolver', 'NestFactory', 'NestApplication']);

/**
 * Nest's logger on pino. Takes what Nest's `Logger` takes: a text, an Error, or an object with `message` and log fields
 * (`{ message, execution_id, err }`), with the context last.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    this.write(typeof context === 'string' && CHATTY.has(context) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** `rest` ends with the context; before it may stand a stack (of `error`) or further values. */
  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1);
    const fields: Record<string, unknown> = typeof context === 'string' ? { context } : {};
    const extra = typeof context === 'string' ? rest.slice(0, -1) : rest;
    for (const item of extra) {
      if (item instanceof Error) fields.err = item;
      else if (typeof item === 'string' && /\n\s+at /.test(item)) fields.stack = item;
      else if (typeof item === 'object' && item !== null) Object.assign(fields, item);
    }
    const { text, more } = parts(message);
    this.logger[level]({ ...fields, ...more }, text);
  }
}

function parts(message: unknown): { text: string; more: Record<string, unknown> } {
  if (message instanceof Error) return { text: message.message, more: { err: message } };
  if (typeof message !== 'object' || message === null) return { text: String(message), more: {} };
  const { message: text, ...more } = message as Record<string, unknown>;
  return { text: typeof text === 'string' ? text : JSON.stringify(message), more };
}

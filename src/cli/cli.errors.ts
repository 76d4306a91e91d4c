import { EXIT, type ExitCode } from './exit-codes.js';

/** A fault as the API lists it. */
export interface Fault {
  readonly path?: string;
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
  readonly line?: number;
  readonly column?: number;
}

/** What a user is told, and what the command exits with. */
export class CliError extends Error {
  constructor(
    readonly exit: ExitCode,
    /** Stable, `snake_case`; the server's where it refused. */
    readonly code: string,
    message: string,
    readonly faults: readonly Fault[] = [],
    readonly hint: string | null = null,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class UsageError extends CliError {
  constructor(message: string, hint: string | null = null) {
    super(EXIT.usage, 'usage', message, [], hint);
  }
}

export class UnreachableError extends CliError {
  constructor(url: string, why: string) {
    const hint = 'Is the server running? --url or MILLRACE_URL say where it is.';
    super(EXIT.unreachable, 'unreachable', `${url} does not answer: ${why}`, [], hint);
  }
}

/** The server answered with a problem (RFC 9457). */
export class RefusedError extends CliError {
  constructor(
    readonly status: number,
    code: string,
    detail: string,
    faults: readonly Fault[],
    readonly problem: unknown,
  ) {
    super(exitOf(status), code, detail, faults, hintOf(status));
  }
}

export class WaitOverError extends CliError {
  constructor(id: string, status: string) {
    const hint = `millrace executions watch ${id}`;
    super(EXIT.waitOver, 'wait_over', `the execution ${id} is still ${status}; it goes on`, [], hint);
  }
}

function exitOf(status: number): ExitCode {
  if (status >= 500) return EXIT.unreachable;
  return status === 401 || status === 403 ? EXIT.denied : EXIT.refused;
}

function hintOf(status: number): string | null {
  return status === 401 ? 'Set MILLRACE_API_KEY, or use --api-key.' : null;
}

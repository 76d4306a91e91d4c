/** One fault inside a larger answer: where it is, what it is, and what would be right. */
export interface Fault {
  /** Where in the input, dotted with list indexes in brackets: `steps[2].config.url`. Empty for the whole. */
  path: string;
  /** Stable, `snake_case`. */
  code: string;
  message: string;
  /** What would be right, where that can be said. */
  hint?: string;
  /** 1-based; only where the input was text. */
  line?: number;
  column?: number;
}

export interface AppErrorOptions {
  /** Stable, `snake_case`; clients may switch on it. */
  code: string;
  message: string;
  /** The HTTP status that this error answers with. Default 500. */
  status?: number;
  /** Whether the same call may succeed later. Default false. */
  retryable?: boolean;
  errors?: readonly Fault[];
  /** Answer headers, e.g. `Allow`, `Retry-After`. */
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
}

/** The base of every error that may reach a client. Modules extend it, one `*.errors.ts` file a module. */
export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly errors: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(options: AppErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.status = options.status ?? 500;
    this.retryable = options.retryable ?? false;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }
}

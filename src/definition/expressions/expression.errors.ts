import { AppError } from '../../common/errors/app-error.js';

/** An expression that failed at run time: a missing field, a wrong type, a limit. Fails its step. */
export class ExpressionError extends AppError {
  /** The CEL text without its braces. */
  readonly expression: string;
  /** Where the expression stands, e.g. `config.headers.Authorization`; empty when it stands alone. */
  readonly path: string;

  constructor(expression: string, path: string, reason: string, cause?: unknown) {
    super({
      code: 'expression_failed',
      message: `${path === '' ? '' : `${path}: `}{{ ${shorten(expression)} }}: ${reason}`,
      status: 422,
      cause,
    });
    this.expression = expression;
    this.path = path;
  }
}

export type InvalidExpressionCode =
  | 'expression_syntax'
  | 'expression_unknown_name'
  | 'expression_unknown_function'
  | 'expression_type'
  | 'expression_too_large'
  | 'template_unclosed';

/** An expression that cannot be compiled. Validation turns it into a fault at the expression's place. */
export class InvalidExpressionError extends AppError {
  declare readonly code: InvalidExpressionCode;
  readonly path: string;
  readonly hint: string | undefined;

  constructor(code: InvalidExpressionCode, message: string, path: string, hint?: string) {
    super({ code, message, status: 422 });
    this.path = path;
    this.hint = hint;
  }
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

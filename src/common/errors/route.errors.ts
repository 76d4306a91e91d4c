import { AppError } from './app-error.js';

export class RouteNotFoundError extends AppError {
  constructor(method: string, path: string) {
    super({ code: 'route_not_found', status: 404, message: `There is no route ${method} ${path}.` });
  }
}

export class MethodNotAllowedError extends AppError {
  constructor(method: string, path: string, allowed: readonly string[]) {
    super({
      code: 'method_not_allowed',
      status: 405,
      message: `${path} does not answer ${method}; it answers ${allowed.join(', ')}.`,
      headers: { Allow: allowed.join(', ') },
    });
  }
}

/** A content type that this route does not read, although another one does. */
export class MediaTypeError extends AppError {
  constructor() {
    super({ code: 'media_type_unsupported', status: 415, message: 'This route does not read this content type.' });
  }
}

export class BodyTooLargeError extends AppError {
  constructor(most: number) {
    super({ code: 'body_too_large', status: 413, message: `The body is larger than ${most} bytes.` });
  }
}

import { AppError } from '../common/errors/app-error.js';

export class SecretNotFoundError extends AppError {
  constructor(name: string) {
    super({ code: 'secret_not_found', status: 404, message: `There is no secret "${name}".` });
  }
}

export class SecretExistsError extends AppError {
  constructor(name: string) {
    super({ code: 'secret_exists', status: 409, message: `There is a secret "${name}" already. PUT changes it.` });
  }
}

/** Sealed under another SECRET_KEY, or altered in the database. */
export class SecretUnreadableError extends AppError {
  constructor(name: string, detail: string, cause?: unknown) {
    const message = `The secret "${name}" cannot be opened: ${detail}. Give the SECRET_KEY it was set under in SECRET_KEY_PREVIOUS, or set it again.`;
    super({ code: 'secret_unreadable', status: 500, message, cause });
  }
}

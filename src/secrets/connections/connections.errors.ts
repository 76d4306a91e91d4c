import { AppError, type Fault } from '../../common/errors/app-error.js';

export class ConnectionExistsError extends AppError {
  constructor(name: string) {
    super({
      code: 'connection_exists',
      status: 409,
      message: `There is a connection "${name}" already. PUT changes it.`,
    });
  }
}

export class ConnectionInvalidError extends AppError {
  constructor(type: string, errors: readonly Fault[]) {
    super({ code: 'connection_invalid', status: 422, message: `The config is no valid ${type} connection.`, errors });
  }
}

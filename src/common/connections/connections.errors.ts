import { AppError } from '../errors/app-error.js';

export class ConnectionNotFoundError extends AppError {
  constructor(idOrName: string) {
    super({ code: 'connection_not_found', status: 404, message: `There is no connection "${idOrName}".` });
  }
}

export class ConnectionTypeError extends AppError {
  constructor(name: string, type: string, wanted: string) {
    super({
      code: 'connection_type_wrong',
      status: 422,
      message: `The connection "${name}" is of type ${type}; here one of type ${wanted} is needed.`,
    });
  }
}

import { AppError } from '../common/errors/app-error.js';

export class ConsoleNotBuiltError extends AppError {
  constructor() {
    super({ code: 'console_not_built', status: 503, message: 'This server has no console. `npm run build` makes it.' });
  }
}

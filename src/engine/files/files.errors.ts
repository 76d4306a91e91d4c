import { AppError } from '../../common/errors/app-error.js';

export class FileNotFoundError extends AppError {
  constructor(nameOrId: string) {
    super({ code: 'file_not_found', status: 404, message: `This execution has no file ${JSON.stringify(nameOrId)}.` });
  }
}

export class FileNameInvalidError extends AppError {
  constructor(name: string) {
    const rule = 'A name has 1 to 255 bytes, no slash or backslash, no control characters, and no blank at its ends.';
    super({ code: 'file_name_invalid', status: 422, message: `${JSON.stringify(name)} names no file. ${rule}` });
  }
}

/** Another step has written a file of this name, and nothing says that it may be replaced. */
export class FileExistsError extends AppError {
  constructor(name: string, stepPath: string | null) {
    const whose = stepPath === null ? 'came with what started the execution' : `was written by step "${stepPath}"`;
    super({
      code: 'file_exists',
      status: 409,
      message: `A file ${JSON.stringify(name)} ${whose}. Choose another name, or say \`overwrite: true\`.`,
    });
  }
}

export class FileTooLargeError extends AppError {
  constructor(maxBytes: number) {
    super({ code: 'file_too_large', status: 413, message: `A file may have ${maxBytes} bytes (FILE_MAX_SIZE).` });
  }
}

/** The files of an execution together are too many, or too large. */
export class FilesTooLargeError extends AppError {
  constructor(limit: string) {
    super({ code: 'files_too_large', status: 413, message: `The files of an execution together may be ${limit}.` });
  }
}

/** Another owner has the execution: nothing was written. */
export class FileOwnerReplacedError extends AppError {
  constructor() {
    super({ code: 'execution_replaced', status: 409, message: 'Another owner has taken the execution over.' });
  }
}

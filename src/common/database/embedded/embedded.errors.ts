import { AppError } from '../../errors/app-error.js';

/** The embedded PostgreSQL cannot run here; the message says why and what would help. */
export class EmbeddedPostgresError extends AppError {
  constructor(message: string, cause?: unknown) {
    super({ code: 'embedded_postgres_failed', message, cause });
  }
}

/** Another Millrace serves this data folder. */
export class DataFolderInUseError extends AppError {
  constructor(folder: string, pid: number) {
    super({
      code: 'data_folder_in_use',
      message:
        `the data folder ${folder} is in use by another Millrace (process ${pid}). Stop that one first, name another ` +
        `folder in MILLRACE_DATA, or give both the same DATABASE_URL to run them as replicas`,
    });
  }
}

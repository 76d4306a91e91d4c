import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Transporter } from 'nodemailer';
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js';
import type { SmtpConnection } from '../connections/mail.connection.js';
import type { OutgoingSockets } from '../http/outgoing-sockets.js';

/** Milliseconds; a mail server may take its time with what it scans. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 60_000 } as const;

/** A transport for one mail or one try. `close` also ends what is under way. */
export interface MailTransport {
  readonly mailer: Transporter;
  close(): void;
}

type Connect = (host: string, port: number) => Promise<Socket>;

/** To a mail server that a connection names: it reaches allowed addresses only. */
export function guardedTransport(config: SmtpConnection, sockets: OutgoingSockets): Promise<MailTransport> {
  const { username, password, ...server } = mailServer(config);
  const auth = username === '' ? {} : { auth: { user: username, pass: password } };
  const options = { ...server, requireTLS: config.require_tls, ...auth };
  return transport(options, (host, port) => sockets.connect(host, port));
}

/** To the server of SMTP_URL, which the operator has chosen. */
export function ownTransport(url: string): Promise<MailTransport> {
  return transport({ url }, async (host, port) => {
    const socket = connect(port, host);
    await once(socket, 'connect', { signal: AbortSignal.timeout(TIMEOUTS.connectionTimeout) });
    return socket;
  });
}

async function transport(server: SMTPTransport.Options, open: Connect): Promise<MailTransport> {
  // Loaded with the first mail.
  const { createTransport } = await import('nodemailer');
  let isClosed = false;
  let socket: Socket | null = null;
  const getSocket: SMTPTransport.Options['getSocket'] = ({ host = 'localhost', port, secure }, callback) => {
    open(host, Number(port) || (secure === true ? 465 : 587)).then(
      (connection) => {
        socket = connection;
        if (isClosed) connection.destroy();
        callback(null, { connection });
      },
      (error: unknown) => callback(error as Error, undefined),
    );
  };
  // A mail holds what it was given: it reads neither files nor URLs.
  const mailer = createTransport({
    ...server,
    ...TIMEOUTS,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket,
  });
  const close = (): void => {
    isClosed = true;
    socket?.destroy();
    mailer.close();
  };
  return { mailer, close };
}

function mailServer(config: SmtpConnection): {
  host: string;
  port: number;
  secure: boolean;
  username: string;
  password: string;
} {
  const url = config.url === undefined ? null : new URL(config.url);
  const secure = url === null ? config.secure : url.protocol === 'smtps:';
  return {
    host: url === null ? (config.host ?? '') : url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url?.port) || (config.port ?? (secure ? 465 : 587)),
    secure,
    username: url === null ? (config.username ?? '') : decodeURIComponent(url.username),
    password: url === null ? (config.password ?? '') : decodeURIComponent(url.password),
  };
}

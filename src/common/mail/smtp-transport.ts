import { createTransport, type Transporter } from 'nodemailer';
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js';
import type { SmtpConnection } from '../connections/mail.connection.js';
import type { OutgoingSockets } from '../http/outgoing-sockets.js';

/** Milliseconds; a mail server may take its time with what it scans. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 60_000 } as const;

/** A transport to a mail server that a connection names: it reaches allowed addresses only. */
export function guardedTransport(config: SmtpConnection, sockets: OutgoingSockets): Transporter {
  const { host, port, secure, username, password } = mailServer(config);
  return createTransport({
    host,
    port,
    secure,
    requireTLS: config.require_tls,
    ...(username !== '' && { auth: { user: username, pass: password } }),
    ...TIMEOUTS,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket: (_options, callback) => {
      sockets.connect(host, port).then(
        (connection) => callback(null, { connection }),
        (error: unknown) => callback(error as Error, undefined),
      );
    },
  } as SMTPTransport.Options);
}

/** A transport to the server of SMTP_URL, which the operator has chosen. */
export function ownTransport(url: string): Transporter {
  return createTransport({
    url,
    ...TIMEOUTS,
    disableFileAccess: true,
    disableUrlAccess: true,
  } as SMTPTransport.Options);
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

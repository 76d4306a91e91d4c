import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { ImapConnection } from '../../../common/connections/mail.connection.js';
import type { OutgoingSockets } from '../../../common/http/outgoing-sockets.js';

/** Logs in to a mailbox and out again (RFC 9051). @returns the server's greeting */
export async function tryImap(config: ImapConnection, sockets: OutgoingSockets, signal: AbortSignal): Promise<string> {
  const { host, secure, port = secure ? 993 : 143 } = config;
  const plain = await sockets.connect(host, port);
  const stream: Duplex = secure ? connect({ socket: plain, servername: host }) : plain;
  const end = (): void => void plain.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await converse(stream, config);
  } finally {
    signal.removeEventListener('abort', end);
    plain.destroy();
  }
}

async function converse(stream: Duplex, config: ImapConnection): Promise<string> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  const broken = once(stream, 'error').then(([error]: unknown[]) => Promise.reject(error as Error));
  const talk = (async () => {
    let greeting = '';
    for await (const line of lines) {
      if (line.startsWith('* BYE') || line.startsWith('* BAD')) throw new Error(line.slice(2));
      if (greeting === '') {
        greeting = line.replace(/^\* OK /, '');
        stream.write(`a ${login(config)}\r\n`);
      } else if (line.startsWith('+')) stream.write('\r\n');
      else if (line.startsWith('a OK')) {
        stream.write('b LOGOUT\r\n');
        return greeting;
      } else if (/^a (NO|BAD)/.test(line)) throw new Error(line.slice(2));
    }
    throw new Error('the server closed the connection');
  })();
  try {
    return await Promise.race([talk, broken]);
  } finally {
    broken.catch(() => undefined);
    talk.catch(() => undefined);
    lines.close();
  }
}

function login({ username, password, access_token }: ImapConnection): string {
  if (access_token === undefined) return `LOGIN ${quoted(username)} ${quoted(password ?? '')}`;
  const text = `user=${username}\x01auth=Bearer ${access_token}\x01\x01`;
  return `AUTHENTICATE XOAUTH2 ${Buffer.from(text).toString('base64')}`;
}

function quoted(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new Error('a line end in the user or the password');
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

import { SMTPServer } from 'smtp-server';
import { afterFile } from './cleanup.js';

export interface ReceivedMail {
  readonly to: readonly string[];
  /** Headers and body as they came. */
  readonly text: string;
}

export interface Mailbox {
  /** For SMTP_URL. */
  readonly url: string;
  readonly mails: readonly ReceivedMail[];
  /** While true every mail is refused for now. */
  isBusy: boolean;
}

/** A mail server on 127.0.0.1 that keeps what it gets. Closed after the last test of the file. */
export async function startMailbox(): Promise<Mailbox> {
  const mails: ReceivedMail[] = [];
  const box = { url: '', mails, isBusy: false };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (box.isBusy) {
          done(new Error('come back later'));
          return;
        }
        mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString('utf8').replaceAll('=\r\n', '').replaceAll('=3D', '='),
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterFile(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.server.address();
  box.url = `smtp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return box;
}

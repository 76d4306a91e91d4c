import { MAIL_PASSWORD, startDovecot, type TestDovecot } from '../support/dovecot.js';
import { requireService } from '../support/services.js';

const USER = 'faults';
const PAUSE_MS = 1_000;

/** A mailbox that all replicas know and one of them reads, and mails that come into it one after the other. */
export class Mails {
  /** Their subjects are the numbers from 1 to this. */
  sent = 0;
  private stopping = false;
  private sending: Promise<void> = Promise.resolve();

  private constructor(private readonly dovecot: TestDovecot) {}

  /** null: there is no Dovecot on this machine. */
  static async open(): Promise<Mails | null> {
    if (!requireService('dovecot')) return null;
    const mails = new Mails(await startDovecot());
    await mails.dovecot.create(USER, 'Done');
    return mails;
  }

  /** What a replica needs to read it. */
  get env(): Readonly<Record<string, string>> {
    return {
      IMAP_SERVER: '127.0.0.1',
      IMAP_PORT: String(this.dovecot.port),
      EMAIL_USER: USER,
      EMAIL_PASSWORD: MAIL_PASSWORD,
      EMAIL_CHECK_INTERVAL: '5s',
    };
  }

  start(): void {
    this.sending = this.send();
    // `stop` tells of it.
    this.sending.catch(() => undefined);
  }

  /** Resolves when all that was sent lies in the mailbox. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.sending;
  }

  private async send(): Promise<void> {
    while (!this.stopping) {
      await this.dovecot.deliver(USER, [mailOf(this.sent + 1)]);
      this.sent++;
      await new Promise((next) => setTimeout(next, PAUSE_MS));
    }
  }
}

function mailOf(n: number): string {
  const headers = [
    `Message-ID: <${n}@faults.example>`,
    'From: ann@example.com',
    'To: faults@example.com',
    `Subject: ${n}`,
  ];
  return `${headers.join('\r\n')}\r\n\r\nmail ${n}\r\n`;
}

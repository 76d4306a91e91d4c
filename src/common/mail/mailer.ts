import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { AppConfig } from '../config/app-config.js';

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** The same for every try, so that a mailbox can tell a second delivery: what stands before the `@`. */
  readonly id: string;
}

/** Patience with a mail server that does not answer, in milliseconds. */
const PATIENCE_MS = 20_000;

/** The server's own mails, by SMTP_URL and MAIL_FROM. */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private transport: Transporter | null = null;

  constructor(private readonly config: AppConfig) {}

  /** Whether there is a server to send by. */
  get isSetUp(): boolean {
    return this.config.smtpUrl !== null;
  }

  /** Resolves when the mail server has taken it; throws what it refused with. */
  async send({ to, subject, text, id }: Mail): Promise<void> {
    await this.transporter().sendMail({
      from: this.config.mailFrom ?? 'millrace@localhost',
      to: [...to],
      subject: subject.replace(/[\r\n]+/g, ' '),
      text,
      messageId: `<${id}@millrace>`,
    });
  }

  onApplicationShutdown(): void {
    this.transport?.close();
  }

  private transporter(): Transporter {
    if (this.config.smtpUrl === null) throw new Error('SMTP_URL is not set');
    this.transport ??= createTransport({
      url: this.config.smtpUrl,
      connectionTimeout: PATIENCE_MS,
      greetingTimeout: PATIENCE_MS,
      socketTimeout: PATIENCE_MS,
    });
    return this.transport;
  }
}

import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Transporter } from 'nodemailer';
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
  private transport: Promise<Transporter> | null = null;

  constructor(private readonly config: AppConfig) {}

  /** Whether there is a server to send by. */
  get isSetUp(): boolean {
    return this.config.smtpUrl !== null;
  }

  /** Resolves when the mail server has taken it; throws what it refused with. */
  async send({ to, subject, text, id }: Mail): Promise<void> {
    if (this.config.smtpUrl === null) throw new Error('SMTP_URL is not set');
    const transport = await (this.transport ??= this.open(this.config.smtpUrl));
    await transport.sendMail({
      from: this.config.mailFrom ?? 'millrace@localhost',
      to: [...to],
      subject: subject.replace(/[\r\n]+/g, ' '),
      text,
      messageId: `<${id}@millrace>`,
    });
  }

  async onApplicationShutdown(): Promise<void> {
    (await this.transport)?.close();
  }

  /** nodemailer is loaded with the first mail. */
  private async open(url: string): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    return createTransport({
      url,
      connectionTimeout: PATIENCE_MS,
      greetingTimeout: PATIENCE_MS,
      socketTimeout: PATIENCE_MS,
    });
  }
}

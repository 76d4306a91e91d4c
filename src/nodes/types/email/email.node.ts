import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type Mail from 'nodemailer/lib/mailer/index.js';
import { AppConfig } from '../../../common/config/app-config.js';
import { parseDuration } from '../../../common/duration.js';
import { AppError, type Fault } from '../../../common/errors/app-error.js';
import { leavesFolder, readWithin } from '../../../common/files/confined-file.js';
import { OutgoingSockets } from '../../../common/http/outgoing-sockets.js';
import { guardedTransport, ownTransport, type MailTransport } from '../../../common/mail/smtp-transport.js';
import { done, NodeType, type NodeContext, type NodeOutcome, type StepFiles } from '../../node.contract.js';
import { AttemptAbortedError, NodeError } from '../../nodes.errors.js';
import { hasControl, readAddresses, type MailAddress } from './addresses.js';
import { EmailConfig, type EmailAttachment } from './email.config.js';
import { renderTemplate } from './render-template.js';

/** nodemailer's codes for what another try may mend: https://nodemailer.com/smtp/#error-codes */
const PASSING = new Set(['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EDNS', 'ECONNREFUSED', 'ECONNRESET', 'EPROTOCOL']);

@Injectable()
export class EmailNode extends NodeType<EmailConfig> {
  readonly type = 'email';
  readonly kind = 'EXTERNAL_ACTION';
  readonly title = 'Email';
  readonly description = 'Sends a mail by SMTP; a repetition carries the same Message-ID.';
  readonly config = EmailConfig;

  constructor(
    private readonly settings: AppConfig,
    private readonly sockets: OutgoingSockets,
  ) {
    super();
  }

  effect(): 'once' {
    return 'once';
  }

  override faults(config: EmailConfig): readonly Fault[] {
    const faults: Fault[] = [];
    const refuse = (path: string, message: string, code = 'value_invalid'): number =>
      faults.push({ path, code, message });
    const { subject, text, html, template, data, connection } = config;
    if (typeof subject === 'string' && hasControl(subject)) refuse('subject', 'subject must be one line');
    if (text === undefined && html === undefined && template === undefined)
      refuse('text', '"text", "html" or "template" is required', 'field_required');
    if (template !== undefined && (text !== undefined || html !== undefined))
      refuse('template', 'only one of "template" and "text" or "html" may be given');
    if (data !== undefined && template === undefined) refuse('data', '"data" is shown by a "template" only');
    if (typeof template === 'string' && !template.includes('{{')) faults.push(...this.templateFaults(template));
    if (connection === undefined && this.settings.smtpUrl === null)
      refuse('connection', 'SMTP_URL is not set on this server: name a connection', 'field_required');
    const attachments: unknown = config.attachments;
    (Array.isArray(attachments) ? (attachments as EmailAttachment[]) : []).forEach((attachment, index) => {
      const { name, type, file, content } = attachment;
      const at = `attachments[${index}]`;
      if (file === undefined && name === undefined) refuse(`${at}.name`, '"name" is required', 'field_required');
      if ((file === undefined) === (content === undefined || content === null))
        refuse(`${at}.content`, 'one of "content" and "file" must be given', 'field_required');
      for (const [field, value] of Object.entries({ name, type }))
        if (typeof value === 'string' && hasControl(value)) refuse(`${at}.${field}`, 'must be one line');
    });
    return faults;
  }

  async execute(ctx: NodeContext<EmailConfig>): Promise<NodeOutcome> {
    const { config, signal } = ctx;
    const { transport, from } = await this.route(ctx);
    const timeout = AbortSignal.timeout(parseDuration(config.timeout) ?? 60_000);
    const end = (): void => transport.close();
    const stop = AbortSignal.any([signal, timeout]);
    stop.addEventListener('abort', end, { once: true });
    try {
      const mail = await this.compose(ctx, from);
      stop.throwIfAborted();
      const { accepted, rejected } = (await transport.mailer.sendMail(mail)) as Sent;
      return done({ message_id: mail.messageId, accepted: accepted.map(addressOf), rejected: rejected.map(addressOf) });
    } catch (error) {
      if (signal.aborted) throw new AttemptAbortedError(signal);
      if (timeout.aborted) throw new NodeError('timeout', 'The mail server took too long', { retryable: true });
      throw mailFault(error);
    } finally {
      stop.removeEventListener('abort', end);
      transport.close();
    }
  }

  private templateFaults(template: string): Fault[] {
    const fault = (message: string): Fault => ({ path: 'template', code: 'value_invalid', message });
    if (this.settings.scriptsDir === null) return [fault('SCRIPTS_DIR is not set on this server')];
    if (leavesFolder(template)) return [fault('template must be a file under SCRIPTS_DIR')];
    return /\.(html|txt)$/.test(template) ? [] : [fault('template must end with .html or .txt')];
  }

  private async route({
    config,
    connections,
  }: NodeContext<EmailConfig>): Promise<{ transport: MailTransport; from: string }> {
    if (config.connection === undefined) {
      const from = config.from ?? this.settings.mailFrom ?? 'millrace@localhost';
      return { transport: await ownTransport(this.settings.smtpUrl ?? ''), from };
    }
    const { config: server } = await connections.get(config.connection, 'smtp');
    const from = config.from ?? server.from ?? this.settings.mailFrom ?? 'millrace@localhost';
    return { transport: await guardedTransport(server, this.sockets), from };
  }

  private async compose(
    { config, files, idempotencyKey: key }: NodeContext<EmailConfig>,
    from: string,
  ): Promise<Mail.Options & { messageId: string }> {
    const sender = addresses(from)?.[0];
    if (sender === undefined) throw new NodeError('config_invalid', 'from: is no mail address');
    return {
      from: sender,
      to: addresses(config.to),
      cc: addresses(config.cc),
      bcc: addresses(config.bcc),
      replyTo: addresses(config.reply_to),
      subject: config.subject,
      ...(await this.body(config)),
      attachments: await Promise.all((config.attachments ?? []).map((one) => toAttachment(one, files))),
      messageId: messageId(key, sender.address),
      headers: { 'Auto-Submitted': 'auto-generated' },
    };
  }

  private async body({ text, html, template, data }: EmailConfig): Promise<Pick<Mail.Options, 'text' | 'html'>> {
    if (template === undefined) return { text, html };
    const source = this.settings.scriptsDir === null ? null : await readWithin(this.settings.scriptsDir, template);
    if (source === null)
      throw new NodeError('template_not_found', `There is no template "${template}" under SCRIPTS_DIR`);
    const isHtml = template.endsWith('.html');
    const rendered = renderTemplate(source, data ?? {}, isHtml);
    return isHtml ? { html: rendered } : { text: rendered };
  }
}

interface Sent {
  readonly accepted: readonly (string | MailAddress)[];
  readonly rejected: readonly (string | MailAddress)[];
}

function addressOf(recipient: string | MailAddress): string {
  return typeof recipient === 'string' ? recipient : recipient.address;
}

function addresses(value: unknown): MailAddress[] | undefined {
  return value === undefined || value === null ? undefined : (readAddresses(value) ?? undefined);
}

/** The same for every attempt: a mail that was sent twice is recognised as one. */
function messageId(key: string, sender: string): string {
  const domain = sender.slice(sender.lastIndexOf('@') + 1);
  return `<${createHash('sha256').update(key).digest('hex').slice(0, 40)}@${domain}>`;
}

/** A file is read while it is sent. */
async function toAttachment(
  { name, content, encoding, type, file }: EmailAttachment,
  files: StepFiles,
): Promise<Mail.Attachment> {
  if (file === undefined) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    return { filename: name, content: Buffer.from(text, encoding), contentType: type };
  }
  const entry = await files.read(file);
  return { filename: name ?? entry.name, content: Readable.from(entry.content), contentType: type ?? entry.type };
}

/** 4xx answers pass, 5xx answers stand (RFC 5321, section 4.2.1). */
function mailFault(error: unknown): unknown {
  if (error instanceof NodeError) return error;
  if (error instanceof AppError)
    return new NodeError(error.code, error.message, { retryable: error.retryable, cause: error });
  if (!(error instanceof Error)) return error;
  const { code = '', responseCode } = error as { code?: string; responseCode?: number };
  if (code === 'EAUTH') return new NodeError('email_login_failed', error.message, { cause: error });
  const answered = responseCode ?? 0;
  const isPassing = answered > 0 ? answered < 500 : PASSING.has(code);
  const kind = answered > 0 ? `email_${answered}` : isPassing ? 'network_error' : 'email_failed';
  return new NodeError(kind, error.message, { retryable: isPassing, cause: error });
}

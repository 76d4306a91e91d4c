import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../../../common/config/app-config.js';
import { Connections } from '../../../common/connections/connections.js';
import { missingConnection } from '../../../common/connections/missing-connection.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { OutgoingSockets } from '../../../common/http/outgoing-sockets.js';
import { globFaults } from '../../../common/text/glob-faults.js';
import { within } from '../../../common/within.js';
import { BaseTrigger, TriggerHost, type TriggerWarning } from '../../trigger.contract.js';

import { EmailConfig } from './email.dto.js';
import { isPatterns } from './email.rules.js';
import { anyOf } from './mail-filters.js';
import type { MailAccount } from './mailbox-session.js';
import { Mailbox } from './mailbox.js';
import { accountKey, type ArmedEmail, type MailboxSettings } from './mailbox.settings.js';

const PATTERN_FIELDS = ['from', 'to', 'cc', 'subject', 'body'] as const;
/** A command that takes longer than the poll would hide a dead socket; one that takes less than this proves nothing. */
const LEAST_PATIENCE_MS = 5_000;
const MOST_PATIENCE_MS = 60_000;

/** Mailboxes are read by IMAP with IDLE; the account is the environment's, or a connection's. */
@Injectable()
export class EmailTrigger extends BaseTrigger<EmailConfig> implements BeforeApplicationShutdown {
  override readonly type = 'email';
  override readonly title = 'Email';
  override readonly description = 'Fires on each new mail in a folder of a mailbox, read by IMAP.';
  override readonly config = EmailConfig;
  override readonly isResident = true;
  private readonly mailboxes = new Map<string, Mailbox>();
  private readonly places = new Map<string, Mailbox>();

  constructor(
    private readonly host: TriggerHost,
    private readonly settings: AppConfig,
    private readonly connections: Connections,
    private readonly sockets: OutgoingSockets,
  ) {
    super();
  }

  override validate(config: EmailConfig): readonly Fault[] {
    const faults: Fault[] = [];
    for (const field of PATTERN_FIELDS)
      if (config[field] !== undefined) faults.push(...patternFaults(field, config[field]));
    for (const [name, patterns] of Object.entries(config.header ?? {}))
      faults.push(...patternFaults(`header.${name}`, patterns));
    if (config.delete && config.move_to !== undefined)
      faults.push({ path: 'delete', code: 'value_invalid', message: 'give either "delete" or "move_to"' });
    const { flag } = config;
    if (flag !== undefined && !/^\\?[^\s(){}%*"\\\]]+$/.test(flag))
      faults.push({ path: 'flag', code: 'value_invalid', message: 'a flag is \\Name, a keyword one word' });
    const { min_size: least = 0, max_size: most = Infinity } = config;
    if (least > most)
      faults.push({ path: 'min_size', code: 'value_invalid', message: 'min_size is larger than max_size' });
    config.attachments.types.forEach((glob, index) => faults.push(...globFaults(`attachments.types[${index}]`, glob)));
    return faults;
  }

  override async warnings({ connection }: EmailConfig): Promise<readonly TriggerWarning[]> {
    if (connection !== undefined) return missingConnection(this.connections, connection, 'imap');
    if (this.settings.imap !== null) return [];
    return [{ code: 'mailbox_missing', message: 'IMAP_SERVER, EMAIL_USER and EMAIL_PASSWORD are not set', at: null }];
  }

  /** @throws Error when there is no account to read. */
  override async attach(trigger: ArmedEmail): Promise<void> {
    const settings = await this.mailboxSettings(trigger.config);
    const key = `${accountKey(settings.account)}/${settings.folder}`;
    if (this.places.get(trigger.id)?.key !== key) await this.detach(trigger.id);
    const known = this.mailboxes.get(key);
    const mailbox = known === undefined || known.fault !== null ? this.open(key, settings) : known;
    // A server that is away shows in the health of who owns the mailbox.
    await mailbox.settle(trigger).catch(() => undefined);
    this.places.set(trigger.id, mailbox);
    mailbox.put(trigger);
  }

  override down({ id }: ArmedEmail): string | null {
    return this.places.get(id)?.fault ?? null;
  }

  override async detach(triggerId: string): Promise<void> {
    const mailbox = this.places.get(triggerId);
    this.places.delete(triggerId);
    mailbox?.remove(triggerId);
    if (mailbox?.isEmpty !== true) return;
    this.mailboxes.delete(mailbox.key);
    await mailbox.stop();
  }

  /** Connections end before what they write to; a mail server that is silent is not waited for. */
  async beforeApplicationShutdown(): Promise<void> {
    const stop = (): Promise<unknown> => Promise.all([...this.mailboxes.values()].map((mailbox) => mailbox.stop()));
    await within(LEAST_PATIENCE_MS, stop).catch(() => undefined);
  }

  private open(key: string, settings: MailboxSettings): Mailbox {
    const mailbox = new Mailbox(this.host, settings, key);
    // Those that a dead reader leaves behind come along.
    for (const trigger of this.mailboxes.get(key)?.members ?? []) {
      this.places.set(trigger.id, mailbox);
      mailbox.put(trigger);
    }
    this.mailboxes.set(key, mailbox);
    // Every replica knows the trigger; those with the scheduler's role read the mailbox.
    if (this.settings.roles.includes('scheduler')) mailbox.start();
    return mailbox;
  }

  private async mailboxSettings({ folder, connection }: EmailConfig): Promise<MailboxSettings> {
    const { emailCheckIntervalMs: pollMs, retentionMs, fileMaxBytes, executionFilesMaxBytes } = this.settings;
    const limits = { fileMaxBytes, executionFilesMaxBytes };
    const login = (): Promise<MailAccount> =>
      connection === undefined ? Promise.resolve(this.ownAccount()) : this.accountOf(connection);
    const account = await login();
    const patienceMs = Math.max(LEAST_PATIENCE_MS, Math.min(pollMs, MOST_PATIENCE_MS));
    return { account, login, folder, pollMs, patienceMs, rescanMs: retentionMs, limits };
  }

  private ownAccount(): MailAccount {
    const { imap } = this.settings;
    if (imap === null) throw new Error('IMAP_SERVER, EMAIL_USER and EMAIL_PASSWORD are not set');
    const { server: host, port, user, password } = imap;
    return { host, port, secure: port === 993, user, password, accessToken: null, guarded: null };
  }

  private async accountOf(connection: string): Promise<MailAccount> {
    const { config } = await this.connections.get(connection, 'imap');
    const { host, secure, username: user, password = null, access_token: accessToken = null } = config;
    const port = config.port ?? (secure ? 993 : 143);
    return { host, port, secure, user, password, accessToken, guarded: () => this.sockets.socket() };
  }
}

function patternFaults(path: string, patterns: unknown): Fault[] {
  if (!isPatterns(patterns))
    return [{ path, code: 'value_invalid', message: 'must be a text, a glob or a /regex/, or a list of them' }];
  try {
    anyOf(patterns);
    return [];
  } catch (error) {
    return [{ path, code: 'pattern_invalid', message: error instanceof Error ? error.message : String(error) }];
  }
}

import type { ArmedTrigger } from '../../trigger.contract.js';
import type { EmailConfig } from './email.dto.js';
import type { FileLimits } from './mail-attachments.js';
import type { MailAccount } from './mailbox-session.js';

export type ArmedEmail = ArmedTrigger<EmailConfig>;

export interface MailboxSettings {
  /** Names the mailbox; how to log in is asked for at each connection, since tokens change. */
  readonly account: Pick<MailAccount, 'host' | 'port' | 'user'>;
  readonly login: () => Promise<MailAccount>;
  readonly folder: string;
  /** The safety poll beside IDLE, milliseconds. */
  readonly pollMs: number;
  /** How long a command may take, milliseconds. */
  readonly patienceMs: number;
  /** How long ago a mail may have come that a rescan looks at; keys hold as long at least. Milliseconds. */
  readonly rescanMs: number;
  readonly limits: FileLimits;
}

export function accountKey({ user, host, port }: MailboxSettings['account']): string {
  return `${user}@${host}:${port}`;
}

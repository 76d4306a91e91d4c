import type { TriggerHost } from '../../trigger.contract.js';
import type { EmailConfig } from './email.dto.js';
import { settled, type MailCursor } from './mail-cursor.js';
import { ImapFailure } from './email.errors.js';
import type { ArmedEmail } from './mailbox.settings.js';
import type { MailboxSession } from './mailbox-session.js';

/** Whether anything is to be done with a mail once it is recorded. */
export function hasActions({ mark_read: read, move_to: folder, flag, delete: gone }: EmailConfig): boolean {
  return read || gone || folder !== undefined || flag !== undefined;
}

/**
 * Does what is to be done with recorded mails, and forgets them when it is done: after a crash it is done again. Flags of all
 * triggers come first, so that none looks for a mail that another has moved.
 */
export async function doPending(
  host: TriggerHost,
  session: MailboxSession,
  triggers: readonly ArmedEmail[],
  cursors: Map<string, MailCursor>,
): Promise<void> {
  const waiting = triggers.flatMap((trigger) => {
    const cursor = cursors.get(trigger.id);
    return cursor === undefined || cursor.pending.length === 0 ? [] : [{ trigger, cursor }];
  });
  const failed = new Set<string>();
  for (const work of [flagMails, takeMailsAway])
    for (const { trigger, cursor } of waiting)
      await attempt(host, trigger, failed, () => work(session, trigger.config, cursor.pending));
  for (const { trigger, cursor } of waiting) {
    if (failed.has(trigger.id)) continue;
    const next = settled(cursor, cursor.pending);
    if (await host.transaction((client) => host.moveState(client, trigger.id, cursor, next)))
      cursors.set(trigger.id, next);
    else cursors.delete(trigger.id);
  }
}

/** A folder that cannot be made must not keep mails from being recorded; it is tried again at the next look. */
async function attempt(
  host: TriggerHost,
  trigger: ArmedEmail,
  failed: Set<string>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ImapFailure) || error.isFatal) throw error;
    failed.add(trigger.id);
    host.share(trigger.id, { lastError: error.message });
  }
}

async function flagMails(session: MailboxSession, config: EmailConfig, uids: readonly number[]): Promise<void> {
  if (config.mark_read) await session.addFlag(uids, '\\Seen');
  if (config.flag !== undefined) await session.addFlag(uids, config.flag);
}

async function takeMailsAway(session: MailboxSession, config: EmailConfig, uids: readonly number[]): Promise<void> {
  if (config.delete) await session.remove(uids);
  else if (config.move_to !== undefined) await session.move(uids, config.move_to);
}

import type { PoolClient } from 'pg';
import type { Handled, Seen, SeenBy, TriggerHost } from '../../trigger.contract.js';
import { hasActions } from './mail-actions.js';
import { moved, wants, type MailCursor } from './mail-cursor.js';
import { mailFilter, sizeFilter } from './mail-filters.js';
import { sortAttachments } from './mail-attachments.js';
import { mailPayload } from './mail-payload.js';
import { readMail, type Mail } from './mail.js';
import { accountKey, type ArmedEmail, type MailboxSettings } from './mailbox.settings.js';
import type { MailHead, MailboxSession } from './mailbox-session.js';

/** Larger mails are not read into memory; the ledger says so. Bytes. */
const LARGEST_MAIL = 33_554_432;
/** So much is read at a time, and then committed. Bytes. */
const MOST_AT_ONCE = 16_777_216;

interface Read {
  readonly head: MailHead;
  /** null: too large to be read. */
  readonly mail: Mail | null;
}

interface SeenMail {
  readonly uid: number;
  readonly seenBy: SeenBy;
}

/** Thrown inside the transaction: another replica has moved the cursor, or the trigger was edited, paused or disarmed. */
class CursorMovedError extends Error {}

/** Reads mails and records what their triggers make of them, together with the cursors. */
export class MailBatch {
  constructor(
    private readonly host: TriggerHost,
    private readonly settings: MailboxSettings,
    private readonly session: MailboxSession,
    private readonly triggers: readonly ArmedEmail[],
    private readonly cursors: Map<string, MailCursor>,
  ) {}

  /**
   * @param uids rising; all that are wanted up to the last of them.
   * @returns whether they are recorded: else somebody has moved a cursor, or changed a trigger.
   */
  async record(uids: readonly number[], signal: AbortSignal): Promise<boolean> {
    const heads = await this.session.heads(uids);
    const taken = portionOf(uids, heads);
    const there = heads.filter(({ uid }) => taken.includes(uid));
    const reads = await this.read(there);
    if (signal.aborted) return false;
    const seen = reads.flatMap((read) => this.seenOf(read));
    try {
      const after = await this.host.transaction((client) => this.commit(client, taken, seen));
      after();
      return true;
    } catch (error) {
      // What was recorded with the other's cursor is recorded; the next look starts from there, by the triggers as they are.
      if (!(error instanceof CursorMovedError)) throw error;
      return false;
    }
  }

  private async commit(client: PoolClient, uids: readonly number[], seen: readonly SeenMail[]): Promise<() => void> {
    const { handled, after } = await this.host.handleWithin(
      client,
      seen.map(({ seenBy }) => seenBy),
    );
    // In the order in which others lock them.
    for (const { id, revision } of this.triggers.toSorted(byId)) {
      const cursor = this.cursors.get(id);
      if (cursor === undefined) continue;
      const next = moved(cursor, uids, actedOn(id, seen, handled));
      if (!(await this.host.moveState(client, id, cursor, next, revision))) throw new CursorMovedError();
    }
    return after;
  }

  /** Only bodies that some trigger may want: the size is known before. */
  private async read(heads: readonly MailHead[]): Promise<Read[]> {
    const small = heads.filter((head) => head.size <= LARGEST_MAIL && this.interested(head));
    const raws = await this.session.raws(small.map(({ uid }) => uid));
    const reads: Read[] = [];
    for (const head of heads) {
      const raw = raws.get(head.uid);
      // Somebody deleted it between two commands: then there is nothing to see.
      if (raw === undefined && small.includes(head)) continue;
      reads.push({ head, mail: raw === undefined ? null : await readMail(raw) });
    }
    return reads;
  }

  private interested(head: MailHead): boolean {
    return this.triggers.some((trigger) => this.isFor(trigger, head) && sizeFilter(trigger.config, head.size) === null);
  }

  private isFor(trigger: ArmedEmail, { uid }: MailHead): boolean {
    const cursor = this.cursors.get(trigger.id);
    return cursor !== undefined && wants(cursor, uid);
  }

  private seenOf({ head, mail }: Read): SeenMail[] {
    return this.triggers
      .filter((trigger) => this.isFor(trigger, head))
      .map((trigger) => ({ uid: head.uid, seenBy: { trigger, seen: this.see(trigger, head, mail) } }));
  }

  private sort(mail: Mail, { config: { attachments: caps } }: ArmedEmail): ReturnType<typeof sortAttachments> {
    return sortAttachments(mail.attachments, caps, this.settings.limits, (files) => this.host.bring(files));
  }

  private see(trigger: ArmedEmail, head: MailHead, mail: Mail | null): Seen {
    const { account, folder } = this.settings;
    const { uid, date: receivedAt } = head;
    const place = { account: accountKey(account), folder, uidValidity: this.session.uidValidity, uid, receivedAt };
    const seen = { occurredAt: new Date(), scheduledFor: null, key: null, keyTtlMs: null };
    if (mail === null) {
      const payload = {
        ...place,
        uid_validity: place.uidValidity,
        received_at: receivedAt.toISOString(),
        size: head.size,
      };
      const no = sizeFilter(trigger.config, head.size);
      const refused =
        no === null
          ? ({ outcome: 'rejected', code: 'too_large', detail: `${head.size} bytes` } as const)
          : ({ outcome: 'filtered', ...no } as const);
      return { ...seen, payload, refused };
    }
    const no = mailFilter(trigger.config)(mail);
    const { sorted, files } = this.sort(mail, trigger);
    const payload = mailPayload(mail, place, sorted);
    if (no !== null) return { ...seen, payload, files, refused: { outcome: 'filtered', ...no } };
    return { ...seen, payload, files, key: keyOf(mail), keyTtlMs: trigger.keepMs };
  }
}

function byId({ id: one }: ArmedEmail, { id: other }: ArmedEmail): number {
  return one < other ? -1 : 1;
}

/** The same mail has the same key wherever it stands: UIDs change with UIDVALIDITY. */
function keyOf({ messageId, hash }: Mail): string {
  return `${(messageId ?? '').slice(0, 200)}:${hash}`;
}

function actedOn(triggerId: string, seen: readonly SeenMail[], handled: readonly Handled[]): number[] {
  return seen.flatMap(({ uid, seenBy: { trigger } }, index) => {
    const outcome = handled[index]?.outcome;
    const isTaken = outcome === 'fired' || outcome === 'duplicate' || outcome === 'notified';
    return trigger.id === triggerId && isTaken && hasActions((trigger as ArmedEmail).config) ? [uid] : [];
  });
}

/** As many of the first as fit into memory together; one at least. UIDs that are gone weigh nothing. */
function portionOf(uids: readonly number[], heads: readonly MailHead[]): number[] {
  const sizes = new Map(heads.map(({ uid, size }) => [uid, Math.min(size, LARGEST_MAIL)]));
  let sum = 0;
  const end = uids.findIndex((uid) => (sum += sizes.get(uid) ?? 0) > MOST_AT_ONCE);
  return end < 0 ? [...uids] : uids.slice(0, Math.max(1, end));
}

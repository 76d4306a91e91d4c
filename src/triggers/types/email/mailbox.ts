import { Logger } from '@nestjs/common';
import type { TriggerHost } from '../../trigger.contract.js';
import { sinceOf } from './email.rules.js';
import { MailBatch } from './mail-batch.js';
import { cursorAt, cursorState, wants, type MailCursor, type Place } from './mail-cursor.js';
import { doPending } from './mail-actions.js';
import type { MailboxSession } from './mailbox-session.js';
import { accountKey, type ArmedEmail, type MailboxSettings } from './mailbox.settings.js';
import { pause } from './pause.js';

const LEASE_MS = 15_000;
const LOOK_FOR_LEASE_MS = 3_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;
const BATCH = 50;
/** How long it takes until this replica is told of a change, at a guess. */
const TOLD_MS = 200;

/**
 * A folder of an account, and the triggers that read it. One replica owns it, by a lease; each mail is fetched once, and
 * what all triggers record of a batch commits together with their cursors. A lost lease costs work, never a mail: a cursor
 * that somebody else has moved refuses the commit.
 */
export class Mailbox {
  private readonly log = new Logger('Mailbox');
  private readonly triggers = new Map<string, ArmedEmail>();
  private readonly ending = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;
  private isNews = false;
  /** What its reader died of, which should never happen; null: it lives. */
  fault: string | null = null;

  constructor(
    private readonly host: TriggerHost,
    private readonly settings: MailboxSettings,
    readonly key: string,
  ) {}

  get isEmpty(): boolean {
    return this.triggers.size === 0;
  }

  put(trigger: ArmedEmail): void {
    this.triggers.set(trigger.id, trigger);
    this.tell();
  }

  get members(): readonly ArmedEmail[] {
    return [...this.triggers.values()];
  }

  remove(triggerId: string): void {
    this.triggers.delete(triggerId);
  }

  start(): void {
    this.running = this.run().catch((error: unknown) => {
      this.fault = error instanceof Error ? error.message : String(error);
      this.log.error({ message: 'the reader of a mailbox has died', err: error });
    });
  }

  async stop(): Promise<void> {
    this.ending.abort();
    this.wake();
    await this.running;
  }

  /**
   * Where a trigger that was never armed begins: what comes from now on is new. Done before its deployment is answered,
   * where the server answers; else that time is kept, and the server's clock tells at the first connection.
   */
  async settle(trigger: ArmedEmail): Promise<void> {
    const states = await this.host.states([trigger.id]);
    if (states.get(trigger.id) !== null || trigger.config.start !== 'new_only') return;
    const since = Math.floor(Date.now() / 1000) * 1000;
    const first = (await this.hereAndNow().catch(() => null)) ?? ({ since } satisfies Unsettled);
    await this.host.transaction((client) => this.host.moveState(client, trigger.id, null, first));
  }

  private async hereAndNow(): Promise<MailCursor> {
    const session = await this.open();
    try {
      return cursorAt(this.placeOf(session), []);
    } finally {
      session.close();
    }
  }

  private tell(): void {
    this.isNews = true;
    this.wake();
  }

  private hasNews(): boolean {
    return this.isNews;
  }

  private async open(): Promise<MailboxSession> {
    const { login, folder, patienceMs } = this.settings;
    const { MailboxSession } = await import('./mailbox-session.js');
    return MailboxSession.open(await login(), folder, patienceMs);
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      await this.host
        .lease(`mailbox:${this.key}`, LEASE_MS, (lost) => this.own(AbortSignal.any([lost, signal])))
        .catch((error: unknown) => this.log.warn({ message: 'the lease of a mailbox cannot be had', err: error }));
      await pause(LOOK_FOR_LEASE_MS, signal);
    }
  }

  /** Connects again and again, until the lease is lost or the last trigger is gone. */
  private async own(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      const since = Date.now();
      try {
        await this.serve(signal);
      } catch (error) {
        // A connection that has worked for a while starts the back-off anew.
        failures = Date.now() - since > LAST_RETRY_MS ? 1 : failures + 1;
        this.reportDown(error, failures);
        await pause(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10)), signal);
      }
    }
  }

  private async serve(signal: AbortSignal): Promise<void> {
    const session = await this.open();
    try {
      const connectedSince = new Date();
      this.report({ connectedSince });
      session.onMail(() => this.tell());
      while (!signal.aborted) {
        this.isNews = false;
        await this.pass(session, signal);
        this.report({ connectedSince, lastLooked: new Date(), lastError: null, isDown: false });
        // What came meanwhile was not told to anybody who slept.
        if (this.hasNews()) continue;
        const isPoll = await this.sleep(session, signal);
        if (isPoll) await session.select();
      }
    } finally {
      session.close();
    }
  }

  /** @returns true when the time of the safety poll has come. @throws when the connection is over. */
  private async sleep(session: MailboxSession, signal: AbortSignal): Promise<boolean> {
    const woken = new AbortController();
    this.wake = () => woken.abort();
    const end = session.closed.then((reason) => Promise.reject(reason));
    end.catch(() => undefined);
    try {
      return await Promise.race([pause(this.settings.pollMs, AbortSignal.any([signal, woken.signal])), end]);
    } finally {
      this.wake = () => undefined;
      woken.abort();
    }
  }

  /** All that is there for its triggers. Those that are paused keep their cursors. */
  private async pass(session: MailboxSession, signal: AbortSignal): Promise<void> {
    for (;;) {
      const active = [...this.triggers.values()].filter((trigger) => trigger.paused === null);
      if (active.length === 0 || signal.aborted) return;
      const cursors = await this.cursors(session, active);
      await doPending(this.host, session, active, cursors);
      const uids = await this.wanted(session, cursors);
      if (uids.length === 0) return;
      const batch = new MailBatch(this.host, this.settings, session, active, cursors);
      const isRecorded = await batch.record(uids.slice(0, BATCH), signal);
      if (!isRecorded) await pause(TOLD_MS, signal);
    }
  }

  private async wanted(session: MailboxSession, cursors: ReadonlyMap<string, MailCursor>): Promise<number[]> {
    const all = [...cursors.values()];
    const first = Math.min(...all.map((cursor) => cursor.last_uid)) + 1;
    const fresh = await session.uidsFrom(first);
    const uids = new Set([...fresh, ...all.flatMap((cursor) => cursor.backlog)]);
    return [...uids].filter((uid) => all.some((cursor) => wants(cursor, uid))).toSorted((a, b) => a - b);
  }

  private async cursors(session: MailboxSession, triggers: readonly ArmedEmail[]): Promise<Map<string, MailCursor>> {
    const states = await this.host.states(triggers.map(({ id }) => id));
    const cursors = new Map<string, MailCursor>();
    for (const trigger of triggers) {
      const state = (states.get(trigger.id) ?? null) as MailCursor | null;
      const kind = cursorState(state, this.placeOf(session));
      if (kind === 'fits' && state !== null) cursors.set(trigger.id, state);
      else {
        // The UID that is next may be another one by now.
        await session.select();
        const place = this.placeOf(session);
        const made = cursorAt(
          place,
          kind === 'renumbered' ? await this.rescan(session) : await backlogOf(session, trigger, state),
        );
        const isMine = await this.host.transaction((client) => this.host.moveState(client, trigger.id, state, made));
        if (isMine) cursors.set(trigger.id, made);
      }
    }
    return cursors;
  }

  /** Mails that were recorded have keys: those are duplicates. Older ones have lost them, and are left alone. */
  private rescan(session: MailboxSession): Promise<number[]> {
    return session.since(Date.now() - this.settings.rescanMs);
  }

  private placeOf({ uidValidity, uidNext }: MailboxSession): Place {
    const { account, folder } = this.settings;
    return { account: accountKey(account), folder, uidValidity, uidNext };
  }

  private reportDown(error: unknown, failures: number): void {
    const message = error instanceof Error ? error.message : String(error);
    this.report({ connectedSince: null, lastError: message, isDown: true, restarts: failures });
    this.log.warn({ message: `the mailbox ${this.settings.folder} cannot be read: ${message}`, event: 'mailbox_down' });
  }

  private report(liveness: Parameters<TriggerHost['share']>[1]): void {
    for (const id of this.triggers.keys()) this.host.share(id, liveness);
  }
}

/** What a trigger keeps whose server was away when it was armed first. */
interface Unsettled {
  /** Milliseconds since the Unix epoch, whole seconds. */
  readonly since: number;
}

async function backlogOf(session: MailboxSession, { config }: ArmedEmail, state: unknown): Promise<number[]> {
  const before = session.uidNext;
  const { since = null } = (state ?? {}) as Partial<Unsettled>;
  const from = since ?? sinceOf(config.start);
  const uids = config.start === 'unseen' ? await session.unseen() : from === null ? [] : await session.since(from);
  return uids.filter((uid) => uid < before);
}

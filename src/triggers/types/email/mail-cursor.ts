/** How far a trigger has come in its folder; kept in its row, moved with what it recorded. */
export interface MailCursor {
  readonly account: string;
  readonly folder: string;
  readonly uid_validity: number;
  /** All mails up to here are recorded, but for `backlog`. */
  readonly last_uid: number;
  /** Older ones that are still to be looked at, rising: at the first arming, and after a change of UIDVALIDITY. */
  readonly backlog: readonly number[];
  /** Recorded, but what is to be done with them afterwards is not done yet. */
  readonly pending: readonly number[];
}

export interface Place {
  readonly account: string;
  readonly folder: string;
  readonly uidValidity: number;
  /** The UID that the next mail will have. */
  readonly uidNext: number;
}

/** Where actions cannot be done, older ones are given up: mails must go on. */
export const MOST_PENDING = 10_000;

export function cursorAt(place: Place, backlog: readonly number[]): MailCursor {
  const { account, folder, uidValidity, uidNext } = place;
  return { account, folder, uid_validity: uidValidity, last_uid: uidNext - 1, backlog, pending: [] };
}

/** `fits`: it goes on. `renumbered`: same folder, other UIDs. `elsewhere`: another folder or account, or none yet. */
export function cursorState(cursor: MailCursor | null, place: Place): 'fits' | 'renumbered' | 'elsewhere' {
  if (cursor === null || cursor.account !== place.account || cursor.folder !== place.folder) return 'elsewhere';
  return cursor.uid_validity === place.uidValidity ? 'fits' : 'renumbered';
}

export function wants(cursor: MailCursor, uid: number): boolean {
  return uid > cursor.last_uid || cursor.backlog.includes(uid);
}

/** After a batch, which holds every wanted UID up to its highest. `actedOn`: those with something left to do. */
export function moved(cursor: MailCursor, batch: readonly number[], actedOn: readonly number[]): MailCursor {
  const done = new Set(batch);
  return {
    ...cursor,
    last_uid: Math.max(cursor.last_uid, ...batch),
    backlog: cursor.backlog.filter((uid) => !done.has(uid)),
    pending: [...cursor.pending, ...actedOn].slice(-MOST_PENDING),
  };
}

export function settled(cursor: MailCursor, done: readonly number[]): MailCursor {
  const gone = new Set(done);
  return { ...cursor, pending: cursor.pending.filter((uid) => !gone.has(uid)) };
}

import { randomFillSync } from 'node:crypto';

/**
 * UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random bits.
 *
 * Every history table is range-partitioned on its id, so the time inside an id decides its partition. Rows that belong
 * to an execution (steps, logs) take an id by `newIdWithin(executionId)`, which keeps the execution's own milliseconds:
 * an execution and everything under it share one partition, are found with one partition's index and expire together.
 */
const pool = Buffer.alloc(4096);
let offset = pool.length;

function randomBytes(count: number): Buffer {
  if (offset + count > pool.length) {
    randomFillSync(pool);
    offset = 0;
  }
  const slice = pool.subarray(offset, offset + count);
  offset += count;
  return slice;
}

function format(milliseconds: number, tail: Buffer): string {
  const time = milliseconds.toString(16).padStart(12, '0');
  tail[0] = ((tail[0] ?? 0) & 0x0f) | 0x70;
  tail[2] = ((tail[2] ?? 0) & 0x3f) | 0x80;
  const hex = tail.toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8)}`;
}

let lastTime = 0;
let sequence = 0;

/** A new id. Ids of one process increase strictly, also within a millisecond (a 12-bit counter after the time). */
export function newId(now: number = Date.now()): string {
  if (now > lastTime) {
    lastTime = now;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastTime += 1;
    sequence = 0;
  }
  const tail = Buffer.from(randomBytes(10));
  tail.writeUInt16BE(sequence, 0);
  return format(lastTime, tail);
}

const CHILD_TICKS = 2 ** 42;
let lastChild = 0;

/**
 * An id for a row under `parentId`: the parent's milliseconds, then 42 bits of microseconds since that time, so that
 * the children of a parent sort by the time they were made, then random bits.
 */
export function newIdWithin(parentId: string, now: number = Date.now()): string {
  const start = idTime(parentId);
  let ticks = Math.max(0, now - start) * 1000;
  const absolute = start * 1000 + ticks;
  if (absolute <= lastChild) ticks += lastChild - absolute + 1;
  lastChild = start * 1000 + ticks;
  ticks = Math.min(ticks, CHILD_TICKS - 1);
  const tail = Buffer.from(randomBytes(10));
  // 12 bits behind the version, 14 behind the variant, 16 more: 42 in all.
  tail.writeUInt16BE(Math.floor(ticks / 2 ** 30) & 0xfff, 0);
  tail.writeUInt16BE(Math.floor(ticks / 2 ** 16) & 0x3fff, 2);
  tail.writeUInt16BE(ticks & 0xffff, 4);
  return format(start, tail);
}

/** The Unix milliseconds inside an id. */
export function idTime(id: string): number {
  return parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The smallest and the largest id of a millisecond: the bounds in which a parent's children lie. */
export function idBounds(milliseconds: number): { lowest: string; highest: string } {
  const time = milliseconds.toString(16).padStart(12, '0');
  const head = `${time.slice(0, 8)}-${time.slice(8)}`;
  return { lowest: `${head}-0000-0000-000000000000`, highest: `${head}-ffff-ffff-ffffffffffff` };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isId(text: string): boolean {
  return UUID.test(text);
}

const LOWEST = '00000000-0000-0000-0000-000000000000';

/** The smallest and the largest id whose text begins so; null when no id does. `text` is in lower case. */
export function idsBeginningWith(text: string): { lowest: string; highest: string } | null {
  const lowest = text + LOWEST.slice(text.length);
  if (!isId(lowest)) return null;
  return { lowest, highest: text + LOWEST.replaceAll('0', 'f').slice(text.length) };
}

import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import { IANAZone } from 'luxon';

/** A cron line that means nothing: `message` says what is wrong with it. */
export class CronLineError extends Error {}

/** A line with everything of ours rewritten into what croner reads: six fields, no macros, no `H`. */
export interface CronLine {
  readonly source: string;
  readonly pattern: string;
  /** The hours are written with a wildcard or a step: each real hour counts, whatever the clocks do. */
  readonly hasWildcardHours: boolean;
}

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Second, minute, hour, day of month, month, day of week. Day 28 is the last that every month has. */
const RANGES = [
  [0, 59],
  [0, 59],
  [0, 23],
  [1, 28],
  [1, 12],
  [0, 6],
] as const;
const HIGHEST = [59, 59, 23, 31, 12, 6] as const;

const HASHED = /^H(?:\((\d+)-(\d+)\))?(?:\/(\d+))?$/i;
const START_AND_STEP = /^(\d+)\/(\d+)$/;

/** A stable number from a trigger's id; `salt` makes the fields of a line differ. */
export function hashOf(triggerId: string, salt: string): number {
  return createHash('sha256').update(`${triggerId}:${salt}`).digest().readUInt32BE(0);
}

/** @throws CronLineError */
export function parseCronLine(source: string, triggerId: string): CronLine {
  const fields = fieldsOf(source).map((field, index) => rewriteField(field, index, triggerId));
  const pattern = fields.join(' ');
  refuseUnreadable(pattern, source);
  return { source, pattern, hasWildcardHours: /[*?]|\//.test(fields[2] ?? '') };
}

/** A line that cancels: with five fields it means every second of its minutes. @throws CronLineError */
export function parseExcludeLine(source: string, triggerId: string): CronLine {
  const fields = (MACROS[source.trim().toLowerCase()] ?? source).trim().split(/\s+/);
  return parseCronLine(fields.length === 5 ? `* ${fields.join(' ')}` : source, triggerId);
}

/**
 * The instants of a rewritten line in a zone. croner's `no-wildcard` rule is the DST rule of triggers.md: see `CronSchedule`.
 * @throws CronLineError when there is no such zone
 */
export function inZone(pattern: string, timezone: string): Cron {
  if (!IANAZone.isValidZone(timezone)) throw new CronLineError(`${timezone} is not a time zone of the IANA database`);
  return new Cron(pattern, { timezone, fixedTimeRule: 'no-wildcard', paused: true });
}

function fieldsOf(source: string): string[] {
  const text = source.trim();
  const macro = MACROS[text.toLowerCase()];
  if (text.startsWith('@') && macro === undefined) {
    throw new CronLineError(`unknown macro ${text}; there are ${Object.keys(MACROS).join(', ')}`);
  }
  const fields = (macro ?? text).split(/\s+/);
  if (fields.length === 5) return ['0', ...fields];
  if (fields.length === 6) return fields;
  throw new CronLineError(
    `a cron line has 5 fields, or 6 with leading seconds; this has ${text === '' ? 0 : fields.length}`,
  );
}

function rewriteField(field: string, index: number, triggerId: string): string {
  return field
    .split(',')
    .map((part) => rewriteHashed(part, index, triggerId) ?? rewriteStart(part, index) ?? part)
    .join(',');
}

/** `H`, `H(0-7)`, `H/15`, `H(0-29)/10`: a place in the field's range that belongs to this trigger. */
function rewriteHashed(part: string, index: number, triggerId: string): string | undefined {
  const match = HASHED.exec(part);
  if (match === null) return undefined;
  const [lowest, highest] = RANGES[index] ?? [0, 0];
  const from = match[1] === undefined ? lowest : Number(match[1]);
  const to =
    match[2] === undefined ? (match[3] === undefined ? highest : (HIGHEST[index] ?? highest)) : Number(match[2]);
  if (from > to || from < lowest || to > (HIGHEST[index] ?? 0))
    throw new CronLineError(`${part}: the range is not in the field's`);
  const hash = hashOf(triggerId, `field ${index}`);
  if (match[3] === undefined) return String(from + (hash % (to - from + 1)));
  const step = Number(match[3]);
  if (step < 1 || step > to - from + 1)
    throw new CronLineError(`${part}: the step must lie between 1 and the range's length`);
  return `${from + (hash % step)}-${to}/${step}`;
}

/** `5/10` is `5-59/10`, as Quartz and Vixie's descendants read it. */
function rewriteStart(part: string, index: number): string | undefined {
  const match = START_AND_STEP.exec(part);
  return match === null ? undefined : `${match[1] ?? ''}-${HIGHEST[index] ?? 0}/${match[2] ?? ''}`;
}

function refuseUnreadable(pattern: string, source: string): void {
  try {
    new Cron(pattern, { paused: true });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : String(cause);
    throw new CronLineError(`${source.trim()}: ${detail}`, { cause });
  }
}

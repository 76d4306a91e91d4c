import { createHash, randomBytes } from 'node:crypto';

/** A span's place in a trace, as W3C Trace Context hands it on: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16. */
  readonly spanId: string;
  readonly isSampled: boolean;
  /** What tracing systems on the way have added (`tracestate`), to be handed on as it is; null: nothing. */
  readonly state: string | null;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;
/** Section 3.3.1.5: so much must be handed on, at least. */
const LONGEST_STATE = 512;
const MOST_MEMBERS = 32;
const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256}$/;

/** @returns null for what is no valid `traceparent`: then a trace begins here. A `tracestate` that is not valid is dropped. */
export function readTraceparent(header: unknown, state?: unknown): TraceContext | null {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  const [, version = 'ff', traceId = '', spanId = '', flags = '00', more] = match ?? [];
  if (match === null || version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, isSampled: (parseInt(flags, 16) & SAMPLED) === SAMPLED, state: readState(state) };
}

function readState(header: unknown): string | null {
  if (typeof header !== 'string' || header.length > LONGEST_STATE) return null;
  const members = header.split(',').map((member) => member.trim());
  const given = members.filter((member) => member !== '');
  const isValid = given.length > 0 && given.length <= MOST_MEMBERS && given.every((member) => MEMBER.test(member));
  return isValid ? given.join(',') : null;
}

export function toTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** As an execution's row keeps it: `traceparent`, and behind a space `tracestate`. */
export function toStored(context: TraceContext): string {
  return context.state === null ? toTraceparent(context) : `${toTraceparent(context)} ${context.state}`;
}

export function readStored(text: string | null): TraceContext | null {
  const [, traceparent, state] = /^(\S+)(?: (.+))?$/.exec(text ?? '') ?? [];
  return readTraceparent(traceparent, state);
}

/** A new span below another, or the first of a new trace. */
export function childOf(parent: TraceContext | null): TraceContext {
  const spanId = randomBytes(8).toString('hex');
  if (parent !== null) return { ...parent, spanId };
  return { traceId: randomBytes(16).toString('hex'), spanId, isSampled: true, state: null };
}

/**
 * The span of something that outlives processes: whoever knows what it is knows its span's id, so that another replica can
 * report what lies below it, or its end.
 */
export function spanIdOf(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 16);
}

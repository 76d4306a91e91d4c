import { createHash, randomBytes } from 'node:crypto';

/** A span's place in a trace, as W3C Trace Context hands it on: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

/** @returns null for what is no valid header: then a trace begins here. */
export function readTraceparent(header: unknown): TraceContext | null {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  const [, version = 'ff', traceId = '', spanId = '', flags = '00', more] = match ?? [];
  if (match === null || version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, isSampled: (parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

export function toTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** A new span below another, or the first of a new trace. */
export function childOf(parent: TraceContext | null): TraceContext {
  const spanId = randomBytes(8).toString('hex');
  if (parent !== null) return { ...parent, spanId };
  return { traceId: randomBytes(16).toString('hex'), spanId, isSampled: true };
}

/**
 * The span of something that outlives processes: whoever knows what it is knows its span's id, so that another replica can
 * report what lies below it, or its end.
 */
export function spanIdOf(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 16);
}

import type { Caller } from './requires.js';

const befores = new WeakMap<Caller, unknown>();

/** Tells the audit log what the resource of this request was before the write; secrets are redacted there. */
export function noteBefore(caller: Caller, before: unknown): void {
  befores.set(caller, before);
}

export function takeBefore(caller: Caller): unknown {
  const before = befores.get(caller);
  befores.delete(caller);
  return before;
}

/** A write that was made on the way to what was asked for, as if the caller had made it by this request. */
export interface FurtherWrite {
  readonly method: string;
  readonly path: string;
  readonly answer: unknown;
}

const furthers = new WeakMap<Caller, FurtherWrite[]>();

/** It is logged with the request, also when that fails afterwards. */
export function noteFurther(caller: Caller, write: FurtherWrite): void {
  furthers.set(caller, [...(furthers.get(caller) ?? []), write]);
}

export function takeFurther(caller: Caller): readonly FurtherWrite[] {
  const found = furthers.get(caller) ?? [];
  furthers.delete(caller);
  return found;
}

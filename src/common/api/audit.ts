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

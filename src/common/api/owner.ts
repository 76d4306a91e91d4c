import type { Caller } from './requires.js';

/**
 * Whether what belongs to `ownerId` exists for this caller. A caller bound to an owner (a JWT's `sub`, a key with
 * `owner_id`) sees its owner's resources only; admins and callers without an owner see all.
 */
export function maySee(caller: Caller, ownerId: string | null): boolean {
  return scopeOwner(caller) === null || scopeOwner(caller) === ownerId;
}

/** The owner to whom this caller is bound; null: to none. */
export function scopeOwner(caller: Caller): string | null {
  return caller.role === 'admin' ? null : caller.ownerId;
}

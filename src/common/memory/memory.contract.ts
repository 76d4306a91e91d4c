/** Where a value is kept: for an execution, a workflow, a conversation, or for all. */
export const MEMORY_SCOPES = ['execution', 'workflow', 'global', 'conversation'] as const;
export type MemoryScope = (typeof MEMORY_SCOPES)[number];

/** Whose values: the id of the execution, workflow or conversation; empty for global. */
export interface MemoryPlace {
  readonly scope: MemoryScope;
  readonly owner: string;
}

export interface MemoryEntry {
  readonly key: string;
  readonly value: unknown;
  /** Rises with each change, from 1. */
  readonly revision: number;
  readonly expiresAt: Date | null;
}

export interface MemoryWrite {
  /** null: it stays until it is deleted. */
  readonly ttlMs: number | null;
  /** What the revision must be; 0: the key must not be there. null: whatever it is. */
  readonly ifRevision: number | null;
  /** A change that this key has made already is not made again, whatever came between. null: always a new change. */
  readonly writtenBy: string | null;
}

/** Port: small values beyond the life of a step. */
export abstract class Memory {
  abstract get(place: MemoryPlace, key: string): Promise<MemoryEntry | null>;
  /** @throws MemoryConflictError when the revision is another */
  abstract set(place: MemoryPlace, key: string, value: unknown, write: MemoryWrite): Promise<MemoryEntry>;
  /**
   * Makes a new value of the one that is there, alone at that.
   * @throws MemoryConflictError; what `change` throws, and then nothing is changed
   */
  abstract change(
    place: MemoryPlace,
    key: string,
    change: (before: unknown) => unknown,
    write: MemoryWrite,
  ): Promise<MemoryEntry>;
  /** @returns whether it was there. @throws MemoryConflictError */
  abstract delete(
    place: MemoryPlace,
    key: string,
    ifRevision: number | null,
    writtenBy?: string | null,
  ): Promise<boolean>;
  /** By key; those that begin with `prefix`, and whose key and value together hold every word of `query`. */
  abstract list(place: MemoryPlace, prefix: string, query: string, limit: number): Promise<readonly MemoryEntry[]>;
  /** Whose values a scope has, in order; those that come after `after`. */
  abstract owners(scope: MemoryScope, after: string, limit: number): Promise<readonly string[]>;
  /** Removes all that these owners have in a scope. */
  abstract forget(scope: MemoryScope, owners: readonly string[]): Promise<void>;
}

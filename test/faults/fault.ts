import type { Load } from './load.js';
import type { Random } from './random.js';
import type { BackendName, World } from './world.js';

/** What a fault works on. */
export interface Scene {
  readonly world: World;
  readonly load: Load;
  /** Of this cycle alone. */
  readonly random: Random;
  /** How long to wait for the moment to strike, milliseconds. */
  readonly limitMs: number;
}

/** One way of maltreating the system. */
export interface Fault {
  readonly name: string;
  readonly about: string;
  /** Where it makes sense; else on both. */
  readonly backend?: BackendName;
  /** Takes longer than a test should: left to the long run. */
  readonly isLong?: boolean;
  /** Needs not all replicas: between two such faults one may still be on its way back. */
  readonly needsTwo?: boolean;
  /** Why it cannot be had on this machine or in this build; null: it can. */
  readonly impossible?: (world: World) => string | null;
  /** Strikes, and leaves the mending to the caller. @returns whether it took effect. */
  readonly strike: (scene: Scene) => Promise<boolean>;
}

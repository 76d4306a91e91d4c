/** Secrets by name, opened. What comes out must not be stored, logged or answered. */
export abstract class SecretStore {
  /** @returns the value, or null when no secret has this name. */
  abstract get(name: string): Promise<string | null>;
}

/** The signal that a secret was set or removed: `{name}`. Whoever keeps opened values in memory drops them. */
export const SECRET_CHANGED_SIGNAL = 'secret.changed';

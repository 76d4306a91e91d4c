/** Port: the values of secrets, opened. What comes out must not be stored, logged or answered. */
export abstract class SecretStore {
  /** @returns undefined when there is no such secret. @throws SecretUnreadableError 500 `secret_unreadable` */
  abstract get(name: string): Promise<string | undefined>;
  abstract names(): Promise<readonly string[]>;
}

/** The signal that a secret was set or removed: `{name}`. Whoever keeps opened values in memory drops them. */
export const SECRET_CHANGED_SIGNAL = 'secret.changed';

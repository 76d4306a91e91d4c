/** Port: the values of secrets. They never leave the process but in what a step sends. */
export abstract class SecretStore {
  /** @returns undefined when there is no such secret. @throws SecretKeyError 500 `secret_unreadable` under another key. */
  abstract get(name: string): Promise<string | undefined>;
  abstract names(): Promise<readonly string[]>;
}

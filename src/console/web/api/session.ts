/** The key lives as long as the tab, in no address and in no cookie. */
const NAME = 'millrace.key';

let onRefused: () => void = () => undefined;

export function storedKey(): string | null {
  return sessionStorage.getItem(NAME);
}

export function storeKey(key: string): void {
  sessionStorage.setItem(NAME, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(NAME);
}

/** What to do when the server no longer knows the key. */
export function whenRefused(action: () => void): void {
  onRefused = action;
}

export function refused(): void {
  onRefused();
}

export function authorization(): Record<string, string> {
  const key = storedKey();
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

import { useSyncExternalStore } from 'react';

export interface Preferences {
  /** None: the browser's. */
  language: 'en' | 'zh' | null;
  /** An IANA zone; none: the browser's. */
  zone: string | null;
}

const NAME = 'millrace.preferences';
const NOTHING: Preferences = { language: null, zone: null };
const listeners = new Set<() => void>();
let current = read();

/** A choice of the person at this browser, kept over visits. */
export function usePreference<K extends keyof Preferences>(name: K): [Preferences[K], (value: Preferences[K]) => void] {
  const value = useSyncExternalStore(subscribe, () => current[name]);
  return [value, (next) => set(name, next)];
}

function set<K extends keyof Preferences>(name: K, value: Preferences[K]): void {
  current = { ...current, [name]: value };
  localStorage.setItem(NAME, JSON.stringify(current));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function read(): Preferences {
  try {
    return { ...NOTHING, ...(JSON.parse(localStorage.getItem(NAME) ?? '{}') as Partial<Preferences>) };
  } catch {
    return NOTHING;
  }
}

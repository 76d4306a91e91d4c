import { Tooltip } from '@mantine/core';
import { type ReactNode, useSyncExternalStore } from 'react';
import { usePreference } from '../app/preferences';
import { type Language, useI18n } from '../i18n/i18n';

/** Milliseconds between two looks at the clock. */
const TICK_MS = 5000;
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];
const listeners = new Set<() => void>();
let now = Date.now();
setInterval(() => {
  now = Date.now();
  for (const listener of listeners) listener();
}, TICK_MS);

export function useNow(): number {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => now,
  );
}

export function useZone(): string {
  const [zone] = usePreference('zone');
  return zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', zh: 'zh-CN' };

export function exactTime(at: string, language: Language, zone: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    dateStyle: 'medium',
    timeStyle: 'long',
    timeZone: zone,
  }).format(new Date(at));
}

/** How long ago or ahead; exact, in the chosen zone, when pointed at or focused. */
export function Time({ at }: { at: string | null | undefined }): ReactNode {
  const { language } = useI18n();
  const zone = useZone();
  const current = useNow();
  if (at === null || at === undefined) return <span aria-hidden="true">–</span>;
  return (
    <Tooltip label={exactTime(at, language, zone)} events={{ hover: true, focus: true, touch: true }}>
      <time className="nowrap" dateTime={at}>
        {relativeTime(new Date(at).getTime() - Math.max(current, Date.now() - TICK_MS), language)}
      </time>
    </Tooltip>
  );
}

export function relativeTime(ms: number, language: Language): string {
  const [unit, size] = UNITS.find(([, each]) => Math.abs(ms) >= each) ?? ['second', 1000];
  // `now`, but no `tomorrow`: 30 hours ahead may be the day after it.
  const numeric = Math.abs(ms) < 1000 ? 'auto' : 'always';
  const count = unit === 'day' ? Math.round(ms / size) : Math.trunc(ms / size);
  return new Intl.RelativeTimeFormat(LOCALES[language], { numeric, style: 'short' }).format(count, unit);
}

/** `1.2 s`, `3 min 4 s` */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

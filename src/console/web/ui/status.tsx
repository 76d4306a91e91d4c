import type { ReactNode } from 'react';
import { translateWord, useT } from '../i18n/i18n';

/** Every state, outcome and health by what it means to the person who looks. The colours are in `app.css`. */
const TONES: Readonly<Record<string, string>> = {
  completed: 'good',
  healthy: 'good',
  ok: 'good',
  active: 'good',
  deployed: 'good',
  fired: 'good',
  approved: 'good',
  running: 'busy',
  queued: 'idle',
  pending: 'idle',
  waiting: 'waiting',
  paused: 'waiting',
  degraded: 'waiting',
  notified: 'waiting',
  failed: 'bad',
  timed_out: 'bad',
  unhealthy: 'bad',
  down: 'bad',
  rejected: 'bad',
  error: 'bad',
};

export function toneOf(status: string | null | undefined): string {
  return TONES[status ?? ''] ?? 'idle';
}

/** A dot in colour and the word: nobody needs the colour to read it. `tone`: where the word means something else. */
export function Status({ value, tone = toneOf(value) }: { value: string; tone?: string }): ReactNode {
  const t = useT();
  return (
    <span className="status" data-tone={tone} data-status={value}>
      <span className="status-dot" aria-hidden="true" />
      {translateWord(t, value)}
    </span>
  );
}

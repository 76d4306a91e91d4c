import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Redactor } from '../../common/logging/redactor.js';
import type { Signals } from '../../common/signals/signals.contract.js';
import { LiveTokens, type TokenPiece } from './live-tokens.js';
import type { Watches } from './watches.js';

const SECRET = 'hunter2-hunter2';
let tokens: LiveTokens;
let isWatched: boolean;
let shown: string[];

beforeEach(() => {
  vi.useFakeTimers();
  isWatched = true;
  shown = [];
  const signals = {
    publish: (_topic: string, { piece }: { piece: TokenPiece }) => Promise.resolve(void shown.push(piece.text)),
  };
  const redactor = new Redactor();
  redactor.add(SECRET);
  tokens = new LiveTokens(
    signals as unknown as Signals,
    { isWatched: () => isWatched } as unknown as Watches,
    redactor,
  );
});
afterEach(() => vi.useRealTimers());

/** What is shown when this is told and the time to gather is over. */
function tell(text: string, isLast = false): string {
  shown = [];
  tokens.tell({ executionId: 'e', stepPath: 'ask', attempt: 1, text, isLast });
  vi.runAllTimers();
  return shown.join('');
}

it('shows no secret that a model writes in two pieces', () => {
  expect(tell('the word is hunter2-')).toBe('the word is ');
  expect(tell('hunter2, keep it')).toBe('***, keep it');
});

it('shows what was only the beginning of a secret when it goes on otherwise, or is over', () => {
  expect(tell('a hunt')).toBe('a ');
  expect(tell('ing party')).toBe('hunting party');
  expect(tell('to hunt')).toBe('to ');
  expect(tell('', true)).toBe('hunt');
  expect(tell('er2!')).toBe('er2!');
});

it('keeps nothing of a text that is over, nor of what nobody watches', () => {
  isWatched = false;
  expect(tell('hunt')).toBe('');
  isWatched = true;
  expect(tell('', true)).toBe('');
  tell('hunt');
  tell('', true);
  expect(tell('er')).toBe('er');
});

/** What a condition trigger keeps between evaluations. Times are milliseconds since the Unix epoch, of the database. */
export interface ConditionState {
  /** Tells what is asked: another expression or source starts anew. */
  readonly basis: string;
  /** Of the last arming: an evaluation that began before it changes nothing. */
  readonly armed: string;
  readonly result: 'true' | 'false' | 'unknown';
  /** Since when every evaluation has been true; null: the last one was not. */
  readonly since: number | null;
  /** This stretch of truth has had its occurrence; an evaluation that fails does not end the stretch. */
  readonly isSpent: boolean;
  readonly firedAt: number | null;
  readonly evaluatedAt: number | null;
  /** What the last evaluation that did not fail has seen. */
  readonly value: unknown;
  readonly error: string | null;
}

export interface Reading {
  /** null: the evaluation has failed. */
  readonly result: boolean | null;
  readonly at: number;
  readonly value: unknown;
  readonly error: string | null;
}

export interface ConditionRules {
  readonly mode: 'edge' | 'level';
  readonly forMs: number;
  readonly cooldownMs: number;
}

export interface Step {
  readonly state: ConditionState;
  /** `cooldown`: it would have fired, were it not too soon after the last time. */
  readonly verdict: 'none' | 'fire' | 'cooldown';
}

export function freshState(basis: string, armed: string): ConditionState {
  return {
    basis,
    armed,
    result: 'unknown',
    since: null,
    isSpent: false,
    firedAt: null,
    evaluatedAt: null,
    value: null,
    error: null,
  };
}

/** Undeployed and deployed again: what was seen stays, but nobody has looked meanwhile. */
export function armedAgain(state: ConditionState, armed: string): ConditionState {
  return { ...state, armed, since: null };
}

/** What an evaluation makes of the state. Whether it has really fired is the ledger's to say: see `fired`. */
export function advance(state: ConditionState, reading: Reading, rules: ConditionRules): Step {
  const seen = { ...state, evaluatedAt: reading.at, error: reading.error };
  if (reading.result === null) return { verdict: 'none', state: { ...seen, result: 'unknown', since: null } };
  const known = { ...seen, value: reading.value };
  if (!reading.result) return { verdict: 'none', state: { ...known, result: 'false', since: null, isSpent: false } };
  const since = state.since ?? reading.at;
  const isTrue = { ...known, result: 'true' as const, since };
  const isSpent = rules.mode === 'edge' && state.isSpent;
  if (isSpent || reading.at - since < rules.forMs) return { verdict: 'none', state: isTrue };
  const isTooSoon = state.firedAt !== null && reading.at - state.firedAt < rules.cooldownMs;
  if (rules.mode === 'level') return { verdict: isTooSoon ? 'none' : 'fire', state: isTrue };
  return { verdict: isTooSoon ? 'cooldown' : 'fire', state: { ...isTrue, isSpent: true } };
}

export function fired(state: ConditionState, at: number): ConditionState {
  return { ...state, firedAt: at };
}

/** When to look again: with the interval, or as soon as it has been true for long enough. */
export function nextLook(
  state: ConditionState,
  at: number,
  intervalMs: number,
  { mode, forMs }: ConditionRules,
): number {
  const next = at + intervalMs;
  if (state.since === null || (mode === 'edge' && state.isSpent)) return next;
  const ripe = state.since + forMs;
  return ripe > at ? Math.min(next, ripe) : next;
}

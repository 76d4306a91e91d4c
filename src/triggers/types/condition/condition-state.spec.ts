import { describe, expect, it } from 'vitest';
import { advance, armedAgain, fired, freshState, nextLook, type ConditionRules, type Step } from './condition-state.js';

const MINUTE = 60_000;
const EDGE: ConditionRules = { mode: 'edge', forMs: 0, cooldownMs: 0 };
const LEVEL: ConditionRules = { ...EDGE, mode: 'level' };

/** One evaluation a minute; `?` fails. What fires has really fired. */
function verdicts(readings: string, rules: ConditionRules): string {
  let state = freshState('b', 'a');
  return [...readings]
    .map((letter, index) => {
      const result = letter === '?' ? null : letter === 'T';
      const at = index * MINUTE;
      const step: Step = advance(state, { result, at, value: letter, error: result === null ? 'down' : null }, rules);
      state = step.verdict === 'fire' ? fired(step.state, at) : step.state;
      return { fire: '!', cooldown: 'c', none: '.' }[step.verdict];
    })
    .join('');
}

describe('edge', () => {
  it('fires once each time it turns true, the first look included', () => {
    expect(verdicts('FTTFTTFF', EDGE)).toBe('.!..!...');
    expect(verdicts('TTFT', EDGE)).toBe('!..!');
  });

  it('an evaluation that failed is no edge, neither in nor out', () => {
    expect(verdicts('F?TT', EDGE)).toBe('..!.');
    expect(verdicts('T?T?TFT', EDGE)).toBe('!.....!');
    expect(verdicts('???', EDGE)).toBe('...');
  });

  it('with for waits until it has been true all the time, and what failed was not true', () => {
    const rules = { ...EDGE, forMs: 2 * MINUTE };
    expect(verdicts('TTTTT', rules)).toBe('..!..');
    expect(verdicts('TTFTTT', rules)).toBe('.....!');
    expect(verdicts('TT?TTT', rules)).toBe('.....!');
  });

  it('with cooldown says of an edge that it came too soon, once, and does not make up for it', () => {
    expect(verdicts('TFTTFTTTFT', { ...EDGE, cooldownMs: 4 * MINUTE })).toBe('!.c..!...!');
  });
});

describe('level', () => {
  it('fires at each look while it is true', () => {
    expect(verdicts('FTTFT?T', LEVEL)).toBe('.!!.!.!');
  });

  it('fires once a cooldown, and after for', () => {
    expect(verdicts('TTTTTT', { ...LEVEL, cooldownMs: 3 * MINUTE })).toBe('!..!..');
    expect(verdicts('TTTFTTT', { ...LEVEL, forMs: 2 * MINUTE })).toBe('..!...!');
  });
});

describe('the state', () => {
  it('keeps the last value, also when an evaluation fails', () => {
    const seen = advance(freshState('b', 'a'), { result: false, at: 1, value: { n: 1 }, error: null }, EDGE).state;
    const failed = advance(seen, { result: null, at: 2, value: null, error: 'down' }, EDGE).state;
    expect(failed).toMatchObject({ result: 'unknown', value: { n: 1 }, error: 'down', evaluatedAt: 2 });
  });

  it('armed again has not forgotten that it fired, and does not count the time between', () => {
    const spent = advance(freshState('b', 'a'), { result: true, at: 1, value: 1, error: null }, EDGE).state;
    expect(armedAgain(spent, 'c')).toMatchObject({ armed: 'c', isSpent: true, since: null });
  });

  it('is looked at again with the interval, or when it becomes ripe', () => {
    const rules = { ...EDGE, forMs: 90_000 };
    const { state } = advance(freshState('b', 'a'), { result: true, at: 0, value: 1, error: null }, rules);
    expect(nextLook(state, 0, MINUTE, rules)).toBe(MINUTE);
    expect(nextLook(state, MINUTE, MINUTE, rules)).toBe(90_000);
    expect(nextLook({ ...state, isSpent: true }, MINUTE, MINUTE, rules)).toBe(2 * MINUTE);
    expect(nextLook({ ...state, since: null }, 5, MINUTE, rules)).toBe(5 + MINUTE);
  });
});

import { RE2JS } from 're2js';
import { charge } from './budget.js';

/** `matches` with JavaScript's engine takes exponential time on hostile patterns; RE2 is linear in the text. */
const LONGEST_PATTERN = 1000;
const KEPT = 200;
const compiled = new Map<string, RE2JS>();

/** @throws Error saying what is wrong with the pattern. */
export function compilePattern(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  if (pattern.length > LONGEST_PATTERN) throw new Error(`a pattern may have ${LONGEST_PATTERN} characters at most`);
  const regex = RE2JS.compile(pattern);
  if (compiled.size >= KEPT) compiled.delete(compiled.keys().next().value ?? '');
  compiled.set(pattern, regex);
  return regex;
}

/** Whether the pattern occurs anywhere in the text. RE2 syntax: no look-around, no back-references. */
export function matches(text: string, pattern: string): boolean {
  const regex = compilePattern(pattern);
  // Linear in the text, but each character may be tried against every instruction of the pattern.
  charge(1 + Math.ceil((text.length * Math.min(regex.programSize(), 1000)) / 32));
  return regex.matcher(text).find();
}

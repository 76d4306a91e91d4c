import { didYouMean as nearest } from '../common/validation/did-you-mean.js';

const LONGEST = 64;

/** The nearest known name as a sentence, or undefined when none is near. */
export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined;
  const reach = Math.max(1, Math.floor(name.length / 3));
  // The names of a whole definition may be many; most are out of reach by their length alone.
  const candidates = [...known].filter((candidate) => Math.abs(candidate.length - name.length) <= reach);
  const best = nearest(name, candidates);
  return best === undefined ? undefined : `Did you mean "${best}"?`;
}

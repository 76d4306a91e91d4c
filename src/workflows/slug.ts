import { isId } from '../common/ids.js';

const MAX_LENGTH = 80;
const SLUG = /^[a-z0-9](?:[a-z0-9_-]{0,98}[a-z0-9])?$/;

/** `Data processing (daily)` becomes `data-processing-daily`. Letters lose their accents; never empty. */
export function slugOf(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_LENGTH)
    .replace(/^-+|-+$/g, '');
  return words === '' || isId(words) ? `workflow${words === '' ? '' : `-${words}`}` : words;
}

/** A slug must not look like an id: a workflow is addressed by either. */
export function isSlug(text: string): boolean {
  return SLUG.test(text) && !isId(text);
}

/** `base`, `base-2`, `base-3`, …: the n-th candidate, from 0. */
export function slugCandidate(base: string, n: number): string {
  return n === 0 ? base : `${base}-${n + 1}`;
}

/** A step id from a name: `Fetch data` becomes `fetch_data`. */
export function stepIdOf(name: string): string {
  const id = slugOf(name).replaceAll('-', '_');
  return /^[0-9]/.test(id) ? `step_${id}` : id;
}

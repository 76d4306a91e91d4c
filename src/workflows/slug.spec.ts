import { expect, it } from 'vitest';
import { isSlug, slugOf, stepIdOf } from './slug.js';

it.each([
  ['Data processing (daily)', 'data-processing-daily'],
  ['  Über Größe!  ', 'uber-gro-e'],
  ['数据', 'workflow'],
  ['', 'workflow'],
])('the slug of %j is %j', (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});

it('a slug never looks like an id', () => {
  const id = '01a1fd03-2dd2-7000-8abc-8142c2845436';
  expect(isSlug(id)).toBe(false);
  expect(isSlug(slugOf(id))).toBe(true);
  expect(isSlug('Upper')).toBe(false);
});

it('a step id is a name that expressions can use', () => {
  expect(stepIdOf('Fetch data')).toBe('fetch_data');
  expect(stepIdOf('2nd try')).toBe('step_2nd_try');
});

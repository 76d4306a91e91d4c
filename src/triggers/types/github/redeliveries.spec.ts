import { expect, it } from 'vitest';
import { nextPage } from './next-page.js';
import { failedOf } from './redeliveries.js';

const MINUTE_MS = 60_000;
const NOW = 1_000 * MINUTE_MS;

let id = 0;
const attempt = (guid: string, status: number, minutesAgo: number) => ({
  id: (id += 1),
  guid,
  status_code: status,
  delivered_at: new Date(NOW - minutesAgo * MINUTE_MS).toISOString(),
});

it('asks for the last attempt of what was never taken', () => {
  const failed = failedOf(
    [
      attempt('home', 502, 9),
      attempt('home', 202, 8),
      attempt('unanswered', 0, 0),
      attempt('twice', 500, 6),
      attempt('twice', 401, 5),
    ],
    NOW,
  );
  expect(failed.map(({ guid, status_code: status }) => [guid, status])).toEqual([
    ['unanswered', 0],
    ['twice', 401],
  ]);
});

it('waits longer after each attempt, up to six hours, and does not give up', () => {
  const tried = (times: number, minutesAgo: number) =>
    failedOf(
      Array.from({ length: times }, (_, n) => attempt(`x${times}`, 500, minutesAgo + n)),
      NOW,
    ).length;
  expect([tried(2, 0.5), tried(2, 1)]).toEqual([0, 1]);
  expect([tried(5, 7), tried(5, 8)]).toEqual([0, 1]);
  expect([tried(30, 359), tried(30, 360)]).toEqual([0, 1]);
});

it('reads where a list goes on', () => {
  const link = '<https://api.github.com/x?page=1>; rel="prev", <https://api.github.com/x?cursor=v1_3>; rel="next"';
  expect(nextPage(link)).toBe('https://api.github.com/x?cursor=v1_3');
  expect(nextPage('<https://api.github.com/x?page=1>; rel="prev"')).toBeNull();
  expect(nextPage(null)).toBeNull();
});

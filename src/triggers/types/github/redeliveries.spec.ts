import { expect, it } from 'vitest';
import { nextPage } from './github-api.js';
import { failedOf } from './redeliveries.js';

let id = 0;
const delivery = (guid: string, status: number, minute = id) => ({
  id: (id += 1),
  guid,
  status_code: status,
  redelivery: false,
  delivered_at: new Date(minute * 60_000).toISOString(),
});

it('asks for the last attempt of what was never taken, and gives up after some', () => {
  const failed = failedOf([
    delivery('home', 502, 1),
    delivery('home', 202, 2),
    delivery('lost', 500, 3),
    delivery('lost', 0, 4),
    ...[1, 2, 3, 4].map((minute) => delivery('hopeless', 401, minute)),
  ]);
  expect(failed.map(({ guid, delivered_at: at }) => [guid, at])).toEqual([['lost', new Date(240_000).toISOString()]]);
});

it('follows links to the same server only: they carry the token', () => {
  const link = (url: string) => `<https://api.github.com/x?page=1>; rel="prev", <${url}>; rel="next"`;
  const own = 'https://api.github.com';
  expect(nextPage(link(`${own}/x?page=3`), own)).toBe(`${own}/x?page=3`);
  expect(nextPage(link('https://evil.example/x'), own)).toBeNull();
  expect(nextPage(null, own)).toBeNull();
});

import { Api, type Answer } from './api.js';
import { requireService, startRedis } from './services.js';
import type { ServerOptions, TestServer } from './server.js';
import { createTestDatabase } from './test-database.js';

/** The same client as in process, on a spawned server. */
export function clientOf(server: TestServer): Api {
  return new Api(server.url, server.apiKey);
}

/** Where several processes meet: a database of their own, with the queue in it or in Redis. */
export type Backend = readonly [name: string, open: () => Promise<ServerOptions>];

export const POSTGRES_ONLY: Backend = [
  'PostgreSQL alone',
  async () => ({ databaseUrl: (await createTestDatabase()).url }),
];

/** A Redis of its own: two databases cannot share a queue. */
export const WITH_REDIS: Backend = [
  'PostgreSQL and Redis',
  async () => ({ databaseUrl: (await createTestDatabase()).url, redisUrl: (await startRedis()).url }),
];

export function sharedBackends(): Backend[] {
  return requireService('redis') ? [POSTGRES_ONLY, WITH_REDIS] : [POSTGRES_ONLY];
}

/** Every item of a list, page after page. */
export async function allItems<Item>(api: Api, path: string): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = `limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { body }: Answer<{ items: Item[]; next_cursor: string | null }> = await api.get(
      `${path}${path.includes('?') ? '&' : '?'}${query}`,
    );
    items.push(...body.items);
    cursor = body.next_cursor;
  }
  return items;
}

/** A figure that a long run sets higher. */
export function figure(name: string, usual: number): number {
  const given = process.env[name];
  return given === undefined || given === '' ? usual : Number(given);
}

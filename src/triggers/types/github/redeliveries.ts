import type { GitHubApi, GitHubDelivery } from './github-api.js';

/** GitHub keeps deliveries for three days. */
const WINDOW_MS = 3 * 86_400_000;
const MOST_PAGES = 20;
/** A delivery that is refused again and again is not sent for ever. */
const MOST_ATTEMPTS = 4;

/** Asks GitHub to send again what it could not deliver. @returns how many. */
export async function askForFailed(api: GitHubApi, now: number): Promise<number> {
  const deliveries = await recent(api, now);
  const failed = failedOf(deliveries);
  for (const { id } of failed) await api.redeliver(id);
  return failed.length;
}

/** The last attempt of each delivery that no attempt has brought home. */
export function failedOf(deliveries: readonly GitHubDelivery[]): GitHubDelivery[] {
  return [...Map.groupBy(deliveries, ({ guid }) => guid).values()].flatMap((attempts) => {
    const isHome = attempts.some(({ status_code: status }) => status >= 200 && status < 300);
    const last = attempts.toSorted((a, b) => Date.parse(b.delivered_at) - Date.parse(a.delivered_at))[0];
    return isHome || attempts.length >= MOST_ATTEMPTS || last === undefined ? [] : [last];
  });
}

async function recent(api: GitHubApi, now: number): Promise<GitHubDelivery[]> {
  const all: GitHubDelivery[] = [];
  let page: string | null = null;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const { items, next } = await api.deliveries(page);
    all.push(...items);
    const oldest = items.at(-1);
    if (next === null || oldest === undefined || Date.parse(oldest.delivered_at) < now - WINDOW_MS) break;
    page = next;
  }
  return all.filter(({ delivered_at: at }) => Date.parse(at) >= now - WINDOW_MS);
}

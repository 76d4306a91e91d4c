import type { GitHubApi } from '../../../common/github/github-api.js';
import type { GitHubIdentity } from '../../../common/github/github.contract.js';
import { nextPage } from './next-page.js';

const MINUTE_MS = 60_000;
const PER_PAGE = 100;
const MOST_PAGES = 100;
const LONGEST_WAIT_MS = 6 * 60 * MINUTE_MS;

/** A try of GitHub to deliver: https://docs.github.com/en/rest/apps/webhooks */
export interface DeliveryAttempt {
  readonly id: number;
  readonly guid: string;
  readonly delivered_at: string;
  /** What was answered; 0: nothing. */
  readonly status_code: number;
}

interface Look {
  /** Milliseconds since the Unix epoch; older attempts are not asked about. */
  readonly since: number;
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Asks GitHub to send again what it could not deliver. @returns how many. @throws what `GitHubApi` throws */
export async function askForFailed(api: GitHubApi, identity: GitHubIdentity, look: Look): Promise<number> {
  const failed = failedOf(await attemptsSince(api, identity, look), look.now);
  for (const { id } of failed) {
    const path = `/app/hook/deliveries/${id}/attempts`;
    await api.request(identity, { method: 'POST', path, as: null, signal: look.signal });
  }
  return failed.length;
}

/**
 * The last attempt of each delivery that no attempt has brought home, when it was long enough ago: after the first one
 * at once, then a minute, doubled each time up to six hours, for as long as GitHub keeps it.
 */
export function failedOf(attempts: readonly DeliveryAttempt[], now: number): DeliveryAttempt[] {
  return [...Map.groupBy(attempts, ({ guid }) => guid).values()].flatMap((tries) => {
    const isHome = tries.some(({ status_code: status }) => status >= 200 && status < 300);
    const last = tries.toSorted((a, b) => timeOf(b) - timeOf(a))[0];
    if (isHome || last === undefined) return [];
    return now - timeOf(last) >= waitAfter(tries.length) ? [last] : [];
  });
}

/** Newest first, as GitHub lists them. Of a link only the cursor counts: it is no place to send a token to. */
async function attemptsSince(api: GitHubApi, identity: GitHubIdentity, look: Look): Promise<DeliveryAttempt[]> {
  const all: DeliveryAttempt[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = { per_page: String(PER_PAGE), ...(cursor !== null && { cursor }) };
    const request = { path: '/app/hook/deliveries', query, as: null, signal: look.signal };
    const { body, headers } = await api.request(identity, request);
    const attempts = (Array.isArray(body) ? body : []) as DeliveryAttempt[];
    all.push(...attempts);
    cursor = cursorIn(nextPage(headers.get('link')));
    if (cursor === null || attempts.length === 0 || attempts.some((one) => timeOf(one) < look.since)) break;
  }
  return all.filter((one) => timeOf(one) >= look.since);
}

function cursorIn(url: string | null): string | null {
  return url === null ? null : (URL.parse(url, 'https://api.github.com')?.searchParams.get('cursor') ?? null);
}

function timeOf({ delivered_at: at }: DeliveryAttempt): number {
  return Date.parse(at);
}

function waitAfter(tries: number): number {
  return tries <= 1 ? 0 : Math.min(LONGEST_WAIT_MS, MINUTE_MS * 2 ** (tries - 2));
}

import type { ChangedFiles } from './github-filters.js';
import type { GitHubApi } from '../../../common/github/github-api.js';
import type { GitHubIdentity } from '../../../common/github/github.contract.js';
import type { GitHubFacts } from './facts.js';
import type { GitHubContext } from './github.dto.js';
import { GitHubSource } from './github-source.js';

/** GitHub gives up after 10 s; what the API has not told by then is left out, and marked. */
const API_MS = 6_000;
const REPOSITORY = /^[\w-][\w.-]*\/(?!\.{1,2}$)[\w.-]+$/;

/** What the API tells about one delivery, asked once however many triggers want it. */
export class DeliveryContext {
  private readonly signal = AbortSignal.timeout(API_MS);
  private readonly asked = new Map<string, Promise<unknown>>();
  /** Why something could not be had; the last of them. */
  fault: string | null = null;

  private readonly source: GitHubSource | null;

  /** @param identity throws when the server has no App. */
  constructor(
    api: GitHubApi,
    identity: () => GitHubIdentity,
    private readonly facts: GitHubFacts,
  ) {
    const { repository } = facts;
    this.source = isRepository(repository)
      ? new GitHubSource(api, identity, { ...facts, repository }, this.signal)
      : null;
  }

  /** Where they cannot be had: none, and marked. */
  async changedFiles(): Promise<ChangedFiles> {
    const { files, range } = this.facts;
    const { source } = this;
    if (files !== null) return { paths: files, isTruncated: false };
    if (range === null || source === null) return { paths: [], isTruncated: false };
    return (await this.once('files', () => source.changedFiles(range))) ?? { paths: [], isTruncated: true };
  }

  async read(wanted: GitHubContext): Promise<Record<string, unknown>> {
    const [diff, files] = await Promise.all([wanted.diff ? this.diff() : null, this.files(wanted.files)]);
    return { ...(wanted.diff && { diff }), ...(wanted.files.length > 0 && { files }) };
  }

  private async diff(): Promise<string | null> {
    const { source } = this;
    const { range } = this.facts;
    return range === null || source === null ? null : this.once('diff', () => source.diff(range));
  }

  private async files(paths: readonly string[]): Promise<Record<string, string | null>> {
    const { source } = this;
    const { sha } = this.facts;
    const read = async (path: string): Promise<[string, string | null]> => {
      if (sha === null || source === null) return [path, null];
      return [path, await this.once(`file ${path}`, () => source.file(path, sha))];
    };
    return Object.fromEntries(await Promise.all(paths.map(read)));
  }

  private async once<T>(name: string, ask: () => Promise<T>): Promise<T | null> {
    const asked = (this.asked.get(name) ?? inTime(ask(), this.signal)) as Promise<T>;
    this.asked.set(name, asked);
    try {
      return await asked;
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error);
      return null;
    }
  }
}

function isRepository(name: string | null): name is string {
  return name !== null && REPOSITORY.test(name);
}

/** Making a token heeds no signal: it is for others as well. */
async function inTime<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
  asked.catch(() => undefined);
  signal.throwIfAborted();
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(new Error('GitHub did not answer in time'));
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([asked, tooLate]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

import type { ChangedFiles } from './github-filters.js';
import type { GitHubFacts } from './facts.js';
import type { GitHubApi } from './github-api.js';
import type { GitHubContext } from './github.dto.js';

/** GitHub gives up after 10 s; what the API has not told by then is left out, and marked. */
const API_MS = 6_000;
const REPOSITORY = /^[\w.-]+\/[\w.-]+$/;

/** What the API tells about one delivery, asked once however many triggers want it. */
export class DeliveryContext {
  private readonly signal = AbortSignal.timeout(API_MS);
  private readonly asked = new Map<string, Promise<unknown>>();
  /** Why something could not be had; the last of them. */
  fault: string | null = null;

  constructor(
    private readonly api: GitHubApi,
    private readonly facts: GitHubFacts,
  ) {}

  /** Where they cannot be had: none, and marked. */
  async changedFiles(): Promise<ChangedFiles> {
    const { files, range, repository, installationId } = this.facts;
    if (files !== null) return { paths: files, isTruncated: false };
    if (range === null || !isRepository(repository)) return { paths: [], isTruncated: false };
    const ask = () => this.api.changedFiles(installationId, repository, range, this.signal);
    return (await this.once('files', ask)) ?? { paths: [], isTruncated: true };
  }

  async read(wanted: GitHubContext): Promise<Record<string, unknown>> {
    const [diff, files] = await Promise.all([wanted.diff ? this.diff() : null, this.files(wanted.files)]);
    return { ...(wanted.diff && { diff }), ...(wanted.files.length > 0 && { files }) };
  }

  private async diff(): Promise<string | null> {
    const { range, repository, installationId } = this.facts;
    if (range === null || !isRepository(repository)) return null;
    return this.once('diff', () => this.api.diff(installationId, repository, range, this.signal));
  }

  private async files(paths: readonly string[]): Promise<Record<string, string | null>> {
    const { sha, repository, installationId } = this.facts;
    const read = async (path: string): Promise<[string, string | null]> => {
      if (sha === null || !isRepository(repository)) return [path, null];
      const ask = () => this.api.file(installationId, repository, path, sha, this.signal);
      return [path, await this.once(`file ${path}`, ask)];
    };
    return Object.fromEntries(await Promise.all(paths.map(read)));
  }

  private async once<T>(name: string, ask: () => Promise<T>): Promise<T | null> {
    const asked = (this.asked.get(name) ?? ask()) as Promise<T>;
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

import type { GitHubApi } from '../../../common/github/github-api.js';
import type {
  GitHubAnswer,
  GitHubIdentity,
  GitHubRequest,
  Installation,
} from '../../../common/github/github.contract.js';
import { GitHubError } from '../../../common/github/github.errors.js';
import { record, type GitHubFacts } from './facts.js';
import type { ChangedFiles } from './github-filters.js';
import { nextPage } from './next-page.js';

/** GitHub names so many files of a comparison, and so many of a pull request. */
const MOST_COMPARED = 300;
const MOST_OF_A_PULL_REQUEST = 3_000;
const PER_PAGE = 100;
const MOST_PAGES = 50;
/** Characters. */
const LARGEST_TEXT = 1_048_576;

interface ChangedFile {
  readonly filename: string;
  /** Of a file that was renamed. */
  readonly previous_filename?: string;
}

/** What GitHub says about the repository of one delivery, asked as the App's installation there. */
export class GitHubSource {
  constructor(
    private readonly api: GitHubApi,
    /** @throws GitHubNotConfiguredError */
    private readonly identity: () => GitHubIdentity,
    private readonly facts: GitHubFacts & { readonly repository: string },
    private readonly signal: AbortSignal,
  ) {}

  /** The files that differ between two commits. @throws what `GitHubApi` throws */
  async changedFiles(range: { base: string; head: string }): Promise<ChangedFiles> {
    const compared = await this.pages(this.compared(range), (body) => record(body)['files']);
    const isCut = compared.length === MOST_PAGES || compared.some((page) => page.length >= MOST_COMPARED);
    const number = this.facts.pullRequest;
    if (!isCut || number === null) return { paths: pathsOf(compared), isTruncated: isCut };
    const named = await this.pages(`${this.repository}/pulls/${number}/files`, (body) => body);
    return { paths: pathsOf(named), isTruncated: named.flat().length >= MOST_OF_A_PULL_REQUEST };
  }

  /** Unified, 1 MiB of it at most. @throws what `GitHubApi` throws */
  async diff(range: { base: string; head: string }): Promise<string> {
    const { body } = await this.ask({ path: this.compared(range), accept: 'application/vnd.github.diff' });
    return (typeof body === 'string' ? body : '').slice(0, LARGEST_TEXT);
  }

  /** A file as text, 1 MiB of it at most; null when the repository has none of this name. @throws what `GitHubApi` throws */
  async file(path: string, sha: string): Promise<string | null> {
    const place = path.split('/').map(encodeURIComponent).join('/');
    try {
      const { body } = await this.ask({ path: `${this.repository}/contents/${place}`, query: { ref: sha } });
      return textIn(body)?.slice(0, LARGEST_TEXT) ?? null;
    } catch (error) {
      if (error instanceof GitHubError && error.answered === 404) return null;
      throw error;
    }
  }

  /** The files of each page. GitHub names those of a comparison on its first page, however many there are. */
  private async pages(path: string, listIn: (body: unknown) => unknown): Promise<ChangedFile[][]> {
    const pages: ChangedFile[][] = [];
    while (pages.length < MOST_PAGES) {
      const query = { per_page: String(PER_PAGE), page: String(pages.length + 1) };
      const { body, headers } = await this.ask({ path, query });
      const list = listIn(body);
      const files = Array.isArray(list) ? (list as unknown[]).filter(isFile) : [];
      if (files.length > 0) pages.push(files);
      if (files.length === 0 || nextPage(headers.get('link')) === null) break;
    }
    return pages;
  }

  private compared({ base, head }: { base: string; head: string }): string {
    return `${this.repository}/compare/${encodeURIComponent(base)}...${encodeURIComponent(head)}`;
  }

  private get repository(): string {
    return `/repos/${this.facts.repository}`;
  }

  private async ask(request: Pick<GitHubRequest, 'path' | 'query' | 'accept'>): Promise<GitHubAnswer> {
    return this.api.request(this.identity(), { ...request, as: this.installation, signal: this.signal });
  }

  private get installation(): Installation {
    if (this.facts.installationId !== null) return { id: this.facts.installationId };
    const [owner = '', repo = ''] = this.facts.repository.split('/');
    return { owner, repo };
  }
}

function pathsOf(pages: readonly (readonly ChangedFile[])[]): string[] {
  const names = pages.flat().flatMap(({ filename, previous_filename: before }) => [filename, before]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

function isFile(value: unknown): value is ChangedFile {
  return typeof record(value)['filename'] === 'string';
}

/** A folder, and a file above 1 MiB, come without content. */
function textIn(file: unknown): string | null {
  if (typeof file === 'string') return file;
  const { content, encoding } = record(file);
  return typeof content === 'string' && encoding === 'base64' ? Buffer.from(content, 'base64').toString('utf8') : null;
}

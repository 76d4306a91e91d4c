import { fitsGlob, globList } from '../../../common/text/glob.js';
import type { GitHubFacts } from './facts.js';
import type { GitHubConfig } from './github.dto.js';

/** The filter that said no, by its name in the config. */
export interface FilteredBy {
  readonly code: string;
  readonly detail: string;
}

/** Changed files, as far as GitHub tells them. */
export interface ChangedFiles {
  readonly paths: readonly string[];
  /** There may be more: a filter by paths lets the event pass, and says so. */
  readonly isTruncated: boolean;
}

const some = (globs: readonly string[], texts: readonly string[]): boolean => texts.some(globList(globs));

/** All filters but those by paths, which may have to ask the API. null: it passes. */
export function filterFacts(config: GitHubConfig, facts: GitHubFacts): FilteredBy | null {
  const { event, action, repository, logins, labels, messages } = facts;
  const rules: readonly (readonly [code: keyof GitHubConfig, passes: boolean, seen: string])[] = [
    ['events', config.events === undefined || some(config.events, [event]), event],
    [
      'actions',
      config.actions === undefined || some(config.actions, action === null ? [] : [action]),
      action ?? 'none',
    ],
    [
      'repositories',
      config.repositories === undefined || (repository !== null && isRepositoryIn(config.repositories, repository)),
      repository ?? 'none',
    ],
    refRule(config, facts),
    ['authors', config.authors === undefined || logins.some(loginList(config.authors)), logins.join(', ')],
    [
      'authors_ignore',
      config.authors_ignore === undefined || !logins.some(loginList(config.authors_ignore)),
      logins.join(', '),
    ],
    ['ignore_bots', !config.ignore_bots || !facts.isBot, 'a bot'],
    ['labels', config.labels === undefined || isTaken(config.labels, labels), labels.join(', ')],
    ['draft', config.draft === undefined || config.draft === facts.isDraft, facts.isDraft ? 'a draft' : 'no draft'],
    [
      'fork',
      config.fork === undefined || config.fork === facts.isFork,
      facts.isFork ? 'from a fork' : 'not from a fork',
    ],
    ['skip_message', !saysSkip(config, messages), `marked by ${[config.skip_message ?? []].flat().join(', ')}`],
  ];
  const no = rules.find(([, passes]) => !passes);
  return no === undefined ? null : { code: no[0], detail: `it is: ${no[2]}` };
}

export function needsFiles(config: GitHubConfig): boolean {
  return config.paths !== undefined || config.paths_ignore !== undefined;
}

export function filterFiles(config: GitHubConfig, { paths, isTruncated }: ChangedFiles): FilteredBy | null {
  if (isTruncated) return null;
  const detail = `it changes ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ` and ${paths.length - 5} more` : ''}`;
  if (config.paths !== undefined && !some(config.paths, paths)) return { code: 'paths', detail };
  if (config.paths_ignore !== undefined && paths.length > 0 && paths.every(globList(config.paths_ignore)))
    return { code: 'paths_ignore', detail };
  return null;
}

/** A list of branches lets no tag pass, and the other way round, unless both are given. */
function refRule({ branches, tags }: GitHubConfig, facts: GitHubFacts): readonly [keyof GitHubConfig, boolean, string] {
  const code = branches === undefined ? 'tags' : 'branches';
  const seen = [...facts.branches, ...(facts.tag === null ? [] : [facts.tag])].join(', ');
  if (branches === undefined && tags === undefined) return [code, true, seen];
  const isBranch = branches !== undefined && isOnBranches(branches, facts);
  const isTag = tags !== undefined && facts.tag !== null && some(tags, [facts.tag]);
  return [code, isBranch || isTag, seen === '' ? 'on no branch' : seen];
}

function isOnBranches(branches: Branches, { branches: all, heads, bases }: GitHubFacts): boolean {
  if (isList(branches)) return isTaken(branches, all);
  if (all.length === 0) return false;
  const { head, base } = branches;
  // A push has one end, and that is where it goes.
  const onto = bases.length === 0 ? heads : bases;
  return (head === undefined || isTaken(head, heads)) && (base === undefined || isTaken(base, onto));
}

/** One of several names is asked for, and none of them is left out by `!`. */
function isTaken(globs: readonly string[], names: readonly string[]): boolean {
  const excluded = globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
  if (some(excluded, names)) return false;
  const wanted = globs.filter((glob) => !glob.startsWith('!'));
  return wanted.length === 0 || some(wanted, names);
}

/** GitHub heeds no case in names of repositories and of accounts. */
function isRepositoryIn(globs: readonly string[], repository: string): boolean {
  return globList(globs.map((glob) => glob.toLowerCase()))(repository.toLowerCase());
}

/** In order, `!` takes back; `*` alone is special: `dependabot[bot]` is a name. */
function loginList(patterns: readonly string[]): (login: string) => boolean {
  const startsWithAll = patterns.length > 0 && patterns.every((pattern) => pattern.startsWith('!'));
  return (login) =>
    patterns.reduce((taken, pattern) => {
      const isNegated = pattern.startsWith('!');
      const fits = fitsGlob((isNegated ? pattern.slice(1) : pattern).toLowerCase(), login.toLowerCase());
      return fits ? !isNegated : taken;
    }, startsWithAll);
}

function saysSkip({ skip_message: marks = [] }: GitHubConfig, messages: readonly string[]): boolean {
  return [marks].flat().some((mark) => messages.some((text) => text.toLowerCase().includes(mark.toLowerCase())));
}

type Branches = NonNullable<GitHubConfig['branches']>;

/** `Array.isArray` says nothing of lists that cannot be changed. */
function isList(value: Branches): value is string[] {
  return Array.isArray(value);
}

import { globList } from '../../../common/text/glob.js';
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
      config.repositories === undefined || some(config.repositories, repository === null ? [] : [repository]),
      repository ?? 'none',
    ],
    refRule(config, facts),
    ['authors', config.authors === undefined || some(config.authors, logins), logins.join(', ')],
    ['authors_ignore', config.authors_ignore === undefined || !some(config.authors_ignore, logins), logins.join(', ')],
    ['ignore_bots', !config.ignore_bots || !facts.isBot, 'a bot'],
    ['labels', config.labels === undefined || some(config.labels, labels), labels.join(', ')],
    ['draft', config.draft === undefined || config.draft === facts.isDraft, facts.isDraft ? 'a draft' : 'no draft'],
    [
      'fork',
      config.fork === undefined || config.fork === facts.isFork,
      facts.isFork ? 'from a fork' : 'not from a fork',
    ],
    ['skip_message', !saysSkip(config, messages), config.skip_message ?? ''],
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
  const isBranch = branches !== undefined && some(branches, facts.branches);
  const isTag = tags !== undefined && facts.tag !== null && some(tags, [facts.tag]);
  return [code, isBranch || isTag, seen === '' ? 'on no branch' : seen];
}

function saysSkip({ skip_message: skip }: GitHubConfig, messages: readonly string[]): boolean {
  return skip !== undefined && messages.some((text) => text.toLowerCase().includes(skip.toLowerCase()));
}

import examples from '@octokit/webhooks-examples';
import { describe, expect, it } from 'vitest';
import { factsOf, type GitHubFacts } from './facts.js';
import { filterFacts, filterFiles } from './github-filters.js';
import { GitHubConfig } from './github.dto.js';

type Json = Record<string, unknown>;
const config = (given: Partial<GitHubConfig>): GitHubConfig => Object.assign(new GitHubConfig(), given);
const push = (more: Json = {}): Json => ({
  ref: 'refs/heads/main',
  before: 'a'.repeat(40),
  after: 'b'.repeat(40),
  repository: { full_name: 'acme/shop' },
  sender: { login: 'ann', type: 'User' },
  head_commit: { message: 'Fix it', author: { username: 'bob' } },
  commits: [{ added: ['src/a.ts'], removed: [], modified: ['docs/x.md'] }],
  installation: { id: 7 },
  ...more,
});
const pull = (more: Json = {}, root: Json = {}): Json => ({
  action: 'opened',
  repository: { full_name: 'acme/shop' },
  sender: { login: 'ann', type: 'User' },
  pull_request: {
    title: 'Add it',
    draft: false,
    user: { login: 'ann' },
    labels: [{ name: 'ready' }],
    head: { ref: 'feature/x', sha: 'c'.repeat(40), repo: { full_name: 'acme/shop' } },
    base: { ref: 'main', sha: 'd'.repeat(40), repo: { full_name: 'acme/shop' } },
    ...more,
  },
  ...root,
});
const of = (event: string, payload: Json): GitHubFacts => factsOf(event, 'id', payload);
const code = (given: Partial<GitHubConfig>, facts: GitHubFacts): string | null =>
  filterFacts(config(given), facts)?.code ?? null;

describe('facts', () => {
  const all = (examples as unknown as { name: string; examples: Json[] }[]).flatMap(({ name, examples: payloads }) =>
    payloads.map((payload, index) => [`${name} ${index}`, name, payload] as const),
  );

  it('there are examples of many events', () => {
    expect(new Set(all.map(([, name]) => name)).size).toBeGreaterThan(40);
  });

  it.each(all)('are read of the published example %s', (_title, name, payload) => {
    const facts = of(name, payload);
    const repository = payload['repository'] as { full_name: string } | undefined;
    expect(facts.repository).toBe(repository?.full_name ?? null);
    expect(facts.action).toBe(payload['action'] ?? null);
    const sender = payload['sender'] as { login: string } | undefined;
    if (sender !== undefined) expect(facts.logins).toContain(sender.login);
    expect(filterFacts(config({}), facts)).toBeNull();
    expect(code({ events: ['no_such_event'] }, facts)).toBe('events');
  });

  it('survive any payload', () => {
    for (const payload of [{}, { repository: null, sender: 1, commits: 'x', pull_request: [] }, { ref: 5, label: [] }])
      expect(() => of('push', payload as Json)).not.toThrow();
  });

  it('of a push are its files, unless there may be more', () => {
    expect(of('push', push()).files).toEqual(['src/a.ts', 'docs/x.md']);
    const many = Array.from({ length: 20 }, () => ({ added: ['a'], removed: [], modified: [] }));
    for (const more of [{ commits: many }, { forced: true }, { commits: [] }, { commits: [{ id: 1 }] }])
      expect(of('push', push(more)).files).toBeNull();
  });

  it('of a new branch are compared with the default one, of a branch that is gone with nothing', () => {
    const none = '0'.repeat(40);
    const fresh = push({ before: none, repository: { full_name: 'acme/shop', default_branch: 'main' } });
    expect(of('push', fresh).range).toEqual({ base: 'main', head: 'b'.repeat(40) });
    expect(of('push', push({ after: none, commits: [] }))).toMatchObject({ range: null, files: [] });
    expect(of('push', push({ ref: 'refs/tags/v1' }))).toMatchObject({ range: null, files: [] });
  });

  it('of a merge group are both of its ends', () => {
    const merge_group = { head_ref: 'refs/heads/q/1', base_ref: 'refs/heads/main', head_sha: 'c', base_sha: 'd' };
    expect(of('merge_group', { merge_group })).toMatchObject({
      branches: ['q/1', 'main'],
      sha: 'c',
      range: { base: 'd', head: 'c' },
    });
  });

  it('of a pull request are head and base, and whether it comes from a fork', () => {
    expect(of('pull_request', pull())).toMatchObject({
      branches: ['feature/x', 'main'],
      range: { base: 'd'.repeat(40), head: 'c'.repeat(40) },
      isFork: false,
    });
    const base = { ref: 'main', sha: 'd', repo: { full_name: 'acme/shop', id: 1 } };
    const from = (repo: unknown) => of('pull_request', pull({ head: { ref: 'x', sha: 'c', repo }, base })).isFork;
    expect([from({ full_name: 'eve/shop' }), from(null), from({ full_name: 'acme/shop' })]).toEqual([
      true,
      true,
      false,
    ]);
    expect([from({ id: 2 }), from({ id: 1 })]).toEqual([true, false]);
    const run = { head_repository: { full_name: 'eve/shop' } };
    expect(of('workflow_run', { repository: { full_name: 'acme/shop' }, workflow_run: run }).isFork).toBe(true);
  });
});

describe('a filter', () => {
  const onPush = of('push', push());
  const onPull = of('pull_request', pull());
  const onTag = of('push', push({ ref: 'refs/tags/v1.2' }));
  const onWip = of('pull_request', pull({ labels: [{ name: 'ready' }, { name: 'wip' }] }));
  const byBot = of('push', push({ sender: { login: 'renovate[bot]', type: 'Bot' } }));

  it.each<[string, Partial<GitHubConfig>, GitHubFacts, string | null]>([
    ['events', { events: ['push'] }, onPush, null],
    ['events', { events: ['pull_request'] }, onPush, 'events'],
    ['actions', { actions: ['opened'] }, onPull, null],
    ['actions', { actions: ['closed'] }, onPull, 'actions'],
    ['actions of an event without', { actions: ['opened'] }, onPush, 'actions'],
    ['repositories', { repositories: ['acme/*'] }, onPush, null],
    ['repositories', { repositories: ['acme/*', '!acme/shop'] }, onPush, 'repositories'],
    ['branches', { branches: ['main'] }, onPush, null],
    ['branches', { branches: ['release/**'] }, onPush, 'branches'],
    ['branches by head', { branches: ['feature/*'] }, onPull, null],
    ['branches by base', { branches: ['main'] }, onPull, null],
    ['branches of a tag', { branches: ['**'] }, onTag, 'branches'],
    ['tags', { tags: ['v*'] }, onTag, null],
    ['tags of a branch', { tags: ['v*'] }, onPush, 'tags'],
    ['either of both', { branches: ['main'], tags: ['v*'] }, onTag, null],
    ['authors', { authors: ['bob'] }, onPush, null],
    ['authors', { authors: ['carol'] }, onPush, 'authors'],
    ['authors in other case', { authors: ['Bob'] }, onPush, null],
    ['authors_ignore', { authors_ignore: ['b*'] }, onPush, 'authors_ignore'],
    ['the brackets of a bot', { authors_ignore: ['renovate[bot]'] }, byBot, 'authors_ignore'],
    ['the brackets of a bot', { authors_ignore: ['*[bot]', '!renovate[bot]'] }, byBot, null],
    ['repositories in other case', { repositories: ['Acme/Shop'] }, onPush, null],
    ['branches with an end left out', { branches: ['**', '!main'] }, onPull, 'branches'],
    ['branches with nothing left out', { branches: ['**', '!other'] }, onPull, null],
    ['branches of each end', { branches: { head: ['feature/*'], base: ['main'] } }, onPull, null],
    ['branches of the other end', { branches: { base: ['feature/*'] } }, onPull, 'branches'],
    ['branches of a push, which has one end', { branches: { base: ['main'] } }, onPush, null],
    ['labels with one left out', { labels: ['ready', '!wip'] }, onWip, 'labels'],
    ['skip_message, several', { skip_message: ['[no ci]', 'fix IT'] }, onPush, 'skip_message'],
    ['ignore_bots', { ignore_bots: true }, byBot, 'ignore_bots'],
    ['ignore_bots', { ignore_bots: true }, onPush, null],
    ['labels', { labels: ['ready'] }, onPull, null],
    ['labels', { labels: ['wip'] }, onPull, 'labels'],
    ['draft', { draft: true }, onPull, 'draft'],
    ['draft', { draft: false }, onPull, null],
    ['fork', { fork: true }, onPull, 'fork'],
    [
      'skip_message',
      { skip_message: '[skip ci]' },
      of('push', push({ head_commit: { message: 'x [Skip CI]' } })),
      'skip_message',
    ],
    ['skip_message', { skip_message: '[skip ci]' }, onPush, null],
  ])('by %s', (_name, given, facts, expected) => {
    expect(code(given, facts)).toBe(expected);
  });

  it('by paths needs one changed file, by paths_ignore one that is not ignored', () => {
    const by = (given: Partial<GitHubConfig>, paths: string[], isTruncated = false) =>
      filterFiles(config(given), { paths, isTruncated })?.code ?? null;
    expect(by({ paths: ['src/**'] }, ['docs/a', 'src/b'])).toBeNull();
    expect(by({ paths: ['src/**', '!src/gen/**'] }, ['src/gen/b'])).toBe('paths');
    expect(by({ paths: ['src/**'] }, [])).toBe('paths');
    expect(by({ paths_ignore: ['docs/**'] }, ['docs/a', 'docs/b'])).toBe('paths_ignore');
    expect(by({ paths_ignore: ['docs/**'] }, ['docs/a', 'src/b'])).toBeNull();
    expect(by({ paths: ['src/**'] }, ['docs/a'], true)).toBeNull();
    expect(by({ paths: ['src/**'], paths_ignore: ['src/**'] }, ['src/a'])).toBe('paths_ignore');
  });
});

/** What filters ask of a delivery, whatever event it is. */
export interface GitHubFacts {
  readonly event: string;
  readonly action: string | null;
  readonly deliveryId: string;
  readonly installationId: number | null;
  /** owner/name; null where the event is about none. */
  readonly repository: string | null;
  /** Of a pull request head and base. */
  readonly branches: readonly string[];
  /** What it is about: the branch of a push, the head of a pull request. */
  readonly heads: readonly string[];
  /** Where a pull request or a merge group goes. */
  readonly bases: readonly string[];
  readonly tag: string | null;
  /** Its number. */
  readonly pullRequest: number | null;
  readonly sha: string | null;
  /** The commits between which files have changed; null where they cannot be compared. */
  readonly range: { readonly base: string; readonly head: string } | null;
  readonly logins: readonly string[];
  readonly isBot: boolean;
  readonly labels: readonly string[];
  readonly isDraft: boolean;
  /** The code comes from a fork: whoever wrote it may not be one of the repository's people. */
  readonly isFork: boolean;
  readonly messages: readonly string[];
  /** Changed files, where the payload has them all; null: ask the API. */
  readonly files: readonly string[] | null;
}

type Json = Readonly<Record<string, unknown>>;

const ZEROS = /^0+$/;
/** Deliveries hold so many commits at least; with as many there may be more (docs.github.com, webhook payloads). */
const MOST_COMMITS = 20;

/** Reads what it finds; nothing in a payload is taken for granted. */
export function factsOf(event: string, deliveryId: string, payload: Json): GitHubFacts {
  const pull = pullOf(payload);
  const repository = textOf(record(payload['repository'])['full_name']);
  const head = record(payload['head_commit']);
  const [heads, bases] = [headsOf(event, payload, pull), basesOf(payload, pull)];
  return {
    event,
    action: textOf(payload['action']),
    deliveryId,
    installationId: numberOf(record(payload['installation'])['id']),
    repository,
    branches: [...new Set([...heads, ...bases])],
    heads,
    bases,
    tag: tagOf(event, payload),
    pullRequest: numberOf(pull['number']),
    sha: shaOf(payload, pull),
    range: rangeOf(event, payload, pull),
    logins: loginsOf(payload, pull, head),
    isBot: isBot(record(payload['sender'])),
    labels: labelsOf(payload, pull),
    isDraft: pull['draft'] === true,
    isFork: isFork(payload, pull),
    messages: texts(head['message'], pull['title']),
    files: isGone(event, payload) ? [] : event === 'push' ? filesOf(payload) : null,
  };
}

/** Also of events about one: reviews, comments, runs of workflows. */
function pullOf(payload: Json): Json {
  const direct = record(payload['pull_request']);
  if (Object.keys(direct).length > 0) return direct;
  for (const name of ['workflow_run', 'check_run', 'check_suite']) {
    const list = record(payload[name])['pull_requests'];
    if (Array.isArray(list) && list.length > 0) return record(list[0]);
  }
  return {};
}

function headsOf(event: string, payload: Json, pull: Json): string[] {
  const ref = textOf(payload['ref']) ?? '';
  const isBranchEvent = event === 'create' || event === 'delete';
  const suite = record(record(payload['check_run'])['check_suite']);
  const statuses = Array.isArray(payload['branches']) ? payload['branches'].map((one) => record(one)['name']) : [];
  const found = texts(
    branchIn(ref),
    isBranchEvent && payload['ref_type'] === 'branch' ? ref : null,
    record(pull['head'])['ref'],
    branchIn(record(payload['merge_group'])['head_ref']),
    record(payload['workflow_run'])['head_branch'],
    record(payload['workflow_job'])['head_branch'],
    record(payload['check_suite'])['head_branch'],
    suite['head_branch'],
    event === 'deployment' || event === 'deployment_status' ? record(payload['deployment'])['ref'] : null,
    record(payload['release'])['target_commitish'],
    ...statuses,
  );
  return [...new Set(found)];
}

function basesOf(payload: Json, pull: Json): string[] {
  return texts(record(pull['base'])['ref'], branchIn(record(payload['merge_group'])['base_ref']));
}

function branchIn(ref: unknown): string | null {
  return typeof ref === 'string' && ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null;
}

function tagOf(event: string, payload: Json): string | null {
  const ref = textOf(payload['ref']) ?? '';
  if (ref.startsWith('refs/tags/')) return ref.slice('refs/tags/'.length);
  if ((event === 'create' || event === 'delete') && payload['ref_type'] === 'tag') return ref;
  return textOf(record(payload['release'])['tag_name']);
}

function shaOf(payload: Json, pull: Json): string | null {
  const after = textOf(payload['after']);
  const found = texts(
    record(pull['head'])['sha'],
    after !== null && !ZEROS.test(after) ? after : null,
    payload['sha'],
    record(payload['workflow_run'])['head_sha'],
    record(payload['check_run'])['head_sha'],
    record(payload['check_suite'])['head_sha'],
    record(payload['deployment'])['sha'],
    record(payload['merge_group'])['head_sha'],
  );
  return found[0] ?? null;
}

/** A new branch is compared with the default one. Of a tag, and of a branch that is gone, there is nothing to compare. */
function rangeOf(event: string, payload: Json, pull: Json): GitHubFacts['range'] {
  const { base_sha: onto, head_sha: merged } = record(payload['merge_group']);
  const base = textOf(record(pull['base'])['sha']) ?? textOf(onto);
  const head = textOf(record(pull['head'])['sha']) ?? textOf(merged);
  if (base !== null && head !== null) return { base, head };
  const [before, after] = [textOf(payload['before']), textOf(payload['after'])];
  if (before === null || after === null || isGone(event, payload)) return null;
  if (!ZEROS.test(before)) return { base: before, head: after };
  const known = textOf(record(payload['repository'])['default_branch']);
  return known === null ? null : { base: known, head: after };
}

/** A push that changes no files. */
function isGone(event: string, payload: Json): boolean {
  const { ref, after } = payload;
  if (event !== 'push') return false;
  return (typeof ref === 'string' && ref.startsWith('refs/tags/')) || (typeof after === 'string' && ZEROS.test(after));
}

function loginsOf(payload: Json, pull: Json, head: Json): string[] {
  const author = record(head['author']);
  return [...new Set(texts(record(payload['sender'])['login'], record(pull['user'])['login'], author['username']))];
}

function isBot({ type, login }: Json): boolean {
  return type === 'Bot' || (typeof login === 'string' && login.endsWith('[bot]'));
}

function labelsOf(payload: Json, pull: Json): string[] {
  const lists = [pull['labels'], record(payload['issue'])['labels'], record(payload['discussion'])['labels']];
  const all = lists.flatMap((list): unknown[] => (Array.isArray(list) ? list : []));
  return [...new Set(texts(...all.map((one) => record(one)['name']), record(payload['label'])['name']))];
}

/** A pull request whose head is in another repository, or in one that is gone; a run that was started by such a one. */
function isFork(payload: Json, pull: Json): boolean {
  const own = record(payload['repository'])['full_name'];
  const heads = [record(pull['head']), record(record(payload['workflow_run'])['head_repository'])];
  const [head = {}, runFrom = {}] = heads;
  if (Object.keys(head).length > 0) {
    if (head['repo'] === null) return true;
    const name = textOf(record(head['repo'])['full_name']);
    if (name !== null && name !== (textOf(record(record(pull['base'])['repo'])['full_name']) ?? own)) return true;
    // Pull requests inside runs name their repositories by id only.
    const [headId, baseId] = [record(head['repo'])['id'], record(record(pull['base'])['repo'])['id']];
    if (name === null && headId !== undefined && headId !== baseId) return true;
  }
  const from = textOf(runFrom['full_name']);
  return from !== null && from !== own;
}

/** A push names the files of its commits; new branches and forced pushes leave out what was known before. */
function filesOf(payload: Json): string[] | null {
  const commits = payload['commits'];
  if (!Array.isArray(commits) || payload['forced'] === true) return null;
  if (commits.length === 0 || commits.length >= MOST_COMMITS) return null;
  const lists = commits.map((one) => {
    const { added, removed, modified } = record(one);
    return [added, removed, modified];
  });
  if (!lists.every((all) => all.every((list) => Array.isArray(list)))) return null;
  return [...new Set(texts(...(lists.flat(2) as unknown[])))];
}

export function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function texts(...values: readonly unknown[]): string[] {
  return values.filter((value): value is string => typeof value === 'string' && value !== '');
}

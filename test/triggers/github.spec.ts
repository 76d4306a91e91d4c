import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TriggerManager } from '../../src/triggers/trigger-manager.js';
import { GitHubTrigger } from '../../src/triggers/types/github/github.trigger.js';
import type { Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { signed, startFakeGitHub, type FakeGitHub } from '../support/fake-github.js';
import { ROOT } from '../support/paths.js';

const SECRET = 'the secret of the app';
const PATH = '/public/webhooks/github';

let github: FakeGitHub;
let env: Record<string, string>;
let one: TestApp;
let two: TestApp;
let api: Api;

beforeAll(async () => {
  github = await startFakeGitHub();
  env = {
    GITHUB_APP_ID: github.appId,
    GITHUB_APP_PRIVATE_KEY: github.privateKey,
    GITHUB_WEBHOOK_SECRET: SECRET,
    GITHUB_API_URL: github.url,
  };
  one = await startApp(env);
  two = await startApp(env, one.db);
  api = one.api;
});

beforeEach(() => {
  github.broken = null;
});

async function ledgerOf(workflow: string): Promise<any[]> {
  const status = await api.get(`/triggers/workflows/${workflow}/status`);
  const { body } = await api.get(`/triggers/${status.body.triggers[0].id as string}/occurrences`);
  return body.items as any[];
}

let made = 0;
async function deployed(config: object, steps = '[{id: note, type: log, config: {message: hi}}]'): Promise<string> {
  const triggers = `[{type: github, config: ${JSON.stringify(config)}}]`;
  const workflow = await api.create(`name: gh ${(made += 1)}\nsteps: ${steps}\ntriggers: ${triggers}`);
  const answer = await api.post(`/deployment/workflows/${workflow}/deploy`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return workflow;
}

interface Result {
  workflow_id: string;
  status: string;
  duplicate: boolean;
  execution_id: string | null;
  reason: { code: string; detail: string } | null;
}

async function deliver(
  event: string,
  payload: object,
  id: string = randomUUID(),
  to = api,
): Promise<{ status: number; body: any }> {
  const body = JSON.stringify(payload);
  const headers = { 'x-github-event': event, 'x-github-delivery': id, 'x-hub-signature-256': signed(body, SECRET) };
  return to.call('POST', PATH, body, { 'content-type': 'application/json', ...headers });
}

async function resultOf(workflow: string, event: string, payload: object, id?: string, to?: Api): Promise<Result> {
  const { status, body } = await deliver(event, payload, id, to);
  expect(status, JSON.stringify(body)).toBe(202);
  return (body.results as Result[]).find((one) => one.workflow_id === workflow) as Result;
}

const repository = { full_name: 'acme/shop' };
const sender = { login: 'ann', type: 'User' };
const push = (more: object = {}) => ({
  ref: 'refs/heads/main',
  before: 'a'.repeat(40),
  after: 'b'.repeat(40),
  repository,
  sender,
  installation: { id: 7 },
  head_commit: { id: 'b'.repeat(40), message: 'Fix it' },
  commits: [{ added: ['src/a.ts'], removed: [], modified: [] }],
  ...more,
});
const pull = (head: string, repo: object = repository) => ({
  action: 'opened',
  repository,
  sender,
  installation: { id: 7 },
  pull_request: {
    number: 5,
    title: 'Add it',
    head: { ref: 'feature', sha: head, repo },
    base: { ref: 'main', sha: 'base', repo: repository },
  },
});

describe('a delivery', () => {
  it('is refused without the right signature over its bytes', async () => {
    const body = JSON.stringify(push());
    const headers = { 'content-type': 'application/json', 'x-github-event': 'push', 'x-github-delivery': 'd' };
    for (const signature of [undefined, 'sha256=', signed(body, 'another'), signed(`${body} `, SECRET)]) {
      const answer = await api.call('POST', PATH, body, {
        ...headers,
        ...(signature !== undefined && { 'x-hub-signature-256': signature }),
      });
      expect([answer.status, answer.body.code]).toEqual([401, 'signature_invalid']);
    }
    for (const odd of ['[1]', `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`]) {
      const wrong = await api.call('POST', PATH, odd, { ...headers, 'x-hub-signature-256': signed(odd, SECRET) });
      expect([wrong.status, wrong.body.code]).toEqual([400, 'body_invalid']);
    }
    expect((await api.call('GET', PATH)).headers.get('allow')).toBe('POST');
  });

  it('is refused by a server without a secret, whose status says so', async () => {
    const deaf = await startApp();
    const { status, body } = await deliver('push', push(), undefined, deaf.api);
    expect([status, body.code]).toEqual([401, 'secret_missing']);
    const answer = await fetch(`${deaf.url}/api/v1/public/webhooks/status`);
    expect(await answer.json()).toMatchObject({
      items: [{ type: 'github', path: '/api/v1/public/webhooks/github', status: 'refusing', rejected: 1 }],
    });
  });

  it('starts once, whichever replica it reaches and however often it is sent', async () => {
    const workflow = await deployed({ events: ['push'] });
    const id = randomUUID();
    const first = await resultOf(workflow, 'push', push(), id);
    expect(first).toMatchObject({ status: 'fired', duplicate: false });
    const again = await resultOf(workflow, 'push', push(), id, two.api);
    expect(again).toMatchObject({ status: 'duplicate', execution_id: first.execution_id });
    const execution = await api.reaches(first.execution_id ?? '', 'completed');
    expect(execution.input).toMatchObject({
      event: 'push',
      delivery_id: id,
      installation_id: 7,
      is_fork: false,
      body: { ref: 'refs/heads/main' },
      context: { repository: 'acme/shop', sha: 'b'.repeat(40), changed_files: ['src/a.ts'] },
    });
  });

  it('says by which filter each trigger left it out', async () => {
    const byBranch = await deployed({ branches: ['release/*'] });
    const byPath = await deployed({ paths: ['docs/**'] });
    expect(await resultOf(byBranch, 'push', push())).toMatchObject({
      status: 'filtered',
      reason: { code: 'branches' },
    });
    expect(await resultOf(byPath, 'push', push())).toMatchObject({ status: 'filtered', reason: { code: 'paths' } });
  });

  it('that was refused is in the ledger of each trigger, without what was sent', async () => {
    const workflow = await deployed({ events: ['push'] });
    const headers = { 'x-github-event': 'push', 'x-github-delivery': 'forged', 'x-hub-signature-256': 'sha256=00' };
    const { status } = await api.call('POST', PATH, '{"secret":1}', { 'content-type': 'application/json', ...headers });
    expect(status).toBe(401);
    const [row] = await ledgerOf(workflow);
    expect(row).toMatchObject({ outcome: 'rejected', reason: { code: 'signature' }, payload: { method: 'POST' } });
    expect(JSON.stringify(row)).not.toContain('secret');
  });

  it('reaches a trigger of which the replica has not heard yet', async () => {
    const deaf = vi.spyOn(two.app.get(TriggerManager), 'sync').mockResolvedValue();
    const workflow = await deployed({ events: ['push'] });
    expect(await resultOf(workflow, 'push', push(), undefined, two.api)).toMatchObject({ status: 'fired' });
    deaf.mockRestore();
  });

  it('is known for as long as GitHub may send it again', async () => {
    await deployed({ events: ['push'] });
    const id = randomUUID();
    await deliver('push', push(), id);
    const kept = await one.db.database.query<{ days: number }>(
      `SELECT DISTINCT round(extract(epoch FROM expires_at - now()) / 86400)::int AS days
       FROM occurrence_key WHERE dedup_key = $1`,
      [id],
    );
    expect(kept).toEqual([{ days: 4 }]);
  });

  it('as a form is taken as well', async () => {
    const workflow = await deployed({ events: ['push'] });
    const body = new URLSearchParams({ payload: JSON.stringify(push()) }).toString();
    const answer = await api.call('POST', PATH, body, {
      'content-type': 'application/x-www-form-urlencoded',
      'x-github-event': 'push',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': signed(body, SECRET),
    });
    expect((answer.body.results as Result[]).find((one) => one.workflow_id === workflow)?.status).toBe('fired');
  });
});

describe('changed files of a new branch with more commits than a delivery names', () => {
  it('are those that it has beyond the default branch', async () => {
    const workflow = await deployed({ paths: ['src/**'] });
    const commits = Array.from({ length: 20 }, () => ({ added: ['docs/a'], removed: [], modified: [] }));
    const fresh = (after: string) =>
      push({ before: '0'.repeat(40), after, commits, repository: { ...repository, default_branch: 'trunk' } });
    github.files.set('trunk...with', ['docs/a', 'src/b']);
    github.files.set('trunk...without', ['docs/a']);
    expect(await resultOf(workflow, 'push', fresh('with'))).toMatchObject({ status: 'fired', reason: null });
    expect(await resultOf(workflow, 'push', fresh('without'))).toMatchObject({ reason: { code: 'paths' } });
  });
});

describe('changed files of a pull request', () => {
  it('come from the API, page after page, by a token that is made once', async () => {
    const workflow = await deployed({ paths: ['src/last.ts'] });
    github.files.set('base...many', [...Array.from({ length: 150 }, (_, n) => `docs/${n}`), 'src/last.ts']);
    github.files.set('base...none', ['docs/a']);
    const before = github.tokensMade;
    expect(await resultOf(workflow, 'pull_request', pull('many'))).toMatchObject({ status: 'fired', reason: null });
    expect(await resultOf(workflow, 'pull_request', pull('none'))).toMatchObject({ reason: { code: 'paths' } });
    expect(github.tokensMade - before).toBeLessThanOrEqual(1);
  });

  it('of which a comparison names 300 at most are listed by the pull request, up to 3,000', async () => {
    const workflow = await deployed({ paths: ['src/last.ts'] });
    github.files.set(
      'base...big',
      Array.from({ length: 400 }, (_, n) => `docs/${n}`),
    );
    github.ofPull = [...Array.from({ length: 399 }, (_, n) => `docs/${n}`), 'src/last.ts'];
    github.comparesAtMost = 300;
    expect(await resultOf(workflow, 'pull_request', pull('big'))).toMatchObject({ status: 'fired', reason: null });
    github.ofPull = Array.from({ length: 3_000 }, (_, n) => `docs/${n}`);
    const marked = await resultOf(workflow, 'pull_request', pull('big'));
    expect(marked).toMatchObject({ status: 'fired', reason: { code: 'paths' } });
    github.comparesAtMost = null;
  });

  it('that GitHub cannot tell let it fire, and it is marked', async () => {
    const workflow = await deployed({ paths: ['src/**'] });
    github.broken = 500;
    const fired = await resultOf(workflow, 'pull_request', pull('unknown'));
    expect(fired).toMatchObject({ status: 'fired', reason: { code: 'paths' } });
    github.broken = null;
    const execution = await api.execution(fired.execution_id ?? '');
    expect(execution.input.context).toMatchObject({
      changed_files_truncated: true,
      fault: expect.any(String) as string,
    });
  });
});

it('the context of a private repository is read at the SHA of the event', async () => {
  const workflow = await deployed({ events: ['push'], context: { files: ['README.md', 'gone.md'], diff: true } });
  github.contents.set(`README.md@${'b'.repeat(40)}`, '# Shop');
  const fired = await resultOf(workflow, 'push', push());
  expect((await api.execution(fired.execution_id ?? '')).input.context).toMatchObject({
    files: { 'README.md': '# Shop', 'gone.md': null },
    diff: `diff --git of ${'a'.repeat(40)}...${'b'.repeat(40)}`,
    fault: null,
  });
});

describe('a pull request from a fork', () => {
  const ofFork = (): object => pull('fork', { full_name: 'eve/shop' });
  const use = `{id: use, type: set, config: {values: {token: "{{ sha256(secrets.deploy_key) }}"}}}`;
  const run = async (steps: string, payload: object, end: string): Promise<any> => {
    const workflow = await deployed({ events: ['pull_request'] }, steps);
    const { execution_id: id } = await resultOf(workflow, 'pull_request', payload);
    return { workflow, execution: await api.reaches(id ?? '', end) };
  };

  beforeAll(async () => {
    await api.call('PUT', '/secrets/deploy_key', { value: 'a very secret key' });
    await api.create(`name: uses-the-key\nsteps: [${use}]`);
  });

  it('sees no secrets and is told so, nor does its replay', async () => {
    await run(`[${use}]`, pull('own'), 'completed');
    const { workflow, execution } = await run(`[${use}]`, ofFork(), 'failed');
    expect(execution.error).toMatchObject({ code: 'expression_failed' });
    expect(execution.error.message).toContain('secrets are withheld');
    const [row] = await ledgerOf(workflow);
    const replay = await api.post(`/occurrences/${row.id as string}/replay`);
    expect(replay.status).toBe(202);
    const replayed = await api.reaches(replay.body.execution_id as string, 'failed');
    expect(replayed.error?.message).toContain('secrets are withheld');
  });

  it('cannot get around it by a default, nor by asking whether there is one', async () => {
    for (const expression of [
      "default(secrets.deploy_key, 'none')",
      'has(secrets.deploy_key)',
      'secrets.?deploy_key.orValue(1)',
    ]) {
      const { execution } = await run(
        `[{id: use, type: transform, config: {expression: "${expression}"}}]`,
        ofFork(),
        'failed',
      );
      expect(execution.error.message, expression).toContain('secrets are withheld');
    }
  });

  it.each([
    ['a child', '[{id: sub, type: subworkflow, config: {workflow: uses-the-key, input: {}}}]'],
    [
      'a child of a distributed pass',
      `[{id: each, type: loop, config: {items: [1], distribute: true,
        steps: [{id: sub, type: subworkflow, config: {workflow: uses-the-key, input: {}}}]}}]`,
    ],
    ['a distributed pass', `[{id: each, type: loop, config: {items: [1], distribute: true, steps: [${use}]}}]`],
  ])('hands none on to %s', async (_what, steps) => {
    const { execution } = await run(steps, ofFork(), 'failed');
    expect(JSON.stringify(execution)).toContain('secrets are withheld');
    await run(steps, pull('own'), 'completed');
  });

  it('uses no connection: it holds secrets', async () => {
    const config = { url: 'postgres://user:hidden@127.0.0.1:1/none' };
    expect((await api.post('/connections', { name: 'stock', type: 'database', config })).status).toBe(201);
    const steps = '[{id: read, type: database, config: {connection: stock, sql: SELECT 1}}]';
    const { execution } = await run(steps, ofFork(), 'failed');
    expect(execution.error).toMatchObject({ code: 'secrets_withheld' });
  });
});

it('installation events keep the list of installations', async () => {
  const rows = () =>
    one.db.database.query(`SELECT account, suspended_at IS NOT NULL AS suspended FROM github_installation`);
  const event = (action: string, more = {}) => ({
    action,
    sender,
    installation: { id: 99, account: { login: 'acme', type: 'Organization' }, repository_selection: 'all', ...more },
  });
  await deliver('installation', event('created'));
  expect(await rows()).toEqual([{ account: 'acme', suspended: false }]);
  await deliver('installation', event('suspend', { suspended_at: '2026-01-01T00:00:00Z' }));
  expect(await rows()).toEqual([{ account: 'acme', suspended: true }]);
  const status = await fetch(`${one.url}/api/v1/public/webhooks/status`);
  expect(await status.json()).toMatchObject({ items: [{ status: 'ready', has_app: true, installations: 1 }] });
  await deliver('installation', event('deleted'));
  expect(await rows()).toEqual([]);
});

it('what GitHub could not deliver is asked for again', async () => {
  const at = new Date().toISOString();
  const entry = (id: number, guid: string, status_code: number) => ({
    id,
    guid,
    status_code,
    delivered_at: at,
    redelivery: false,
  });
  github.deliveries = [entry(1, 'home', 202), entry(2, 'lost', 502), entry(3, 'half', 500), entry(4, 'half', 202)];
  await one.app.get(GitHubTrigger).reconcile();
  expect(github.redelivered).toEqual([2]);
});

it('what was sent while no server was up is asked for when one is', async () => {
  github.redelivered.length = 0;
  github.deliveries = [
    { id: 9, guid: 'night', status_code: 0, delivered_at: new Date().toISOString(), redelivery: false },
  ];
  const started = await startApp(env);
  await vi.waitFor(() => expect(github.redelivered).toContain(9), 30_000);
  await started.close();
});

it('the example of the guide works as it stands there', async () => {
  const [yaml = ''] = /(?<=```yaml\n).*?(?=```)/s.exec(readFileSync(`${ROOT}/docs/guides/github.md`, 'utf8')) ?? [];
  const workflow = await api.create(yaml);
  await api.post(`/deployment/workflows/${workflow}/deploy`);
  const fired = await resultOf(workflow, 'push', push());
  const { output } = await api.reaches(fired.execution_id ?? '', 'completed');
  expect(output).toMatchObject({ what: 'acme/shop: Fix it' });
});

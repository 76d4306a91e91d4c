import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testConnections } from '../support/databases.js';
import { nodeContext } from '../support/node-context.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { sendJson } from '../support/send-json.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** As GitHub gives them. */
const PEM = privateKey.export({ type: 'pkcs1', format: 'pem' });

let types: NodeTypesUnderTest;
let github: RecordingServer;
let files: Record<string, string>;
beforeAll(async () => {
  github = await startRecordingServer(({ method, url, body, headers }, response) => {
    const [path = ''] = url.split('?');
    const reply = (answer: unknown, status = 200): null => {
      sendJson(response, answer, status);
      return null;
    };
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    if (path === '/repos/octo/shop/installation') return reply({ id: 42 });
    if (path === '/app/installations/42/access_tokens') return reply({ token: 'ghs_token', expires_at }, 201);
    if (headers.authorization !== 'Bearer ghs_token') return reply({ message: 'Bad credentials' }, 401);
    if (path.endsWith('/comments')) return reply({ id: 5, html_url: 'https://github.com/c' }, 201);
    if (/\/labels\/none$/.test(path)) return reply({ message: 'Label does not exist' }, 404);
    if (path.includes('/labels')) return reply([{ name: 'paid' }]);
    if (/\/issues(\/\d+)?$/.test(path)) return reply({ number: 7, state: 'open', html_url: 'https://github.com/i' });
    if (path.endsWith('/dispatches')) return reply(null, 204);
    if (path.includes('/statuses/')) return reply({ id: 9, state: 'success', url: 'https://github.com/s' }, 201);
    if (path.endsWith('/contents/limited')) {
      response.setHeader('retry-after', '60');
      return reply({ message: 'secondary rate limit' }, 403);
    }
    const name = decodeURIComponent(path.split('/contents/')[1] ?? '');
    if (method === 'PUT') {
      files[name] = Buffer.from((JSON.parse(body) as { content: string }).content, 'base64').toString();
      return reply({ content: { sha: 'new' }, commit: { sha: 'commit' } }, 201);
    }
    const text = files[name];
    if (text === undefined) return reply({ message: 'Not Found' }, 404);
    const content = Buffer.from(text).toString('base64');
    return reply({ sha: 'old', size: text.length, encoding: 'base64', content });
  });
  types = await startNodeTypes({
    github: { appId: '123', privateKey: PEM as string, webhookSecret: null, apiUrl: github.url },
  });
});
afterAll(() => types.close());
beforeEach(() => {
  files = { 'docs/read me.md': '# Shop' };
});

const context = (config: object, given = {}) =>
  nodeContext(types.registry.resolve('github', { repository: 'octo/shop', ...config }), given);
async function run(config: object, given = {}): Promise<any> {
  const outcome = await types.registry.get('github').execute(context(config, given));
  return outcome.kind === 'done' ? outcome.output : outcome;
}
const last = () => {
  const { method, url, body } = github.calls.at(-1)!;
  return { method, url, body: body === '' ? null : (JSON.parse(body) as unknown) };
};

describe('a github step', () => {
  it('speaks as the installation of the repository, by a token that is asked for once', async () => {
    for (const number of [1, 2]) await run({ operation: 'comment', number, body: 'Done' });
    expect(github.count('/app/installations/42/access_tokens')).toBe(1);
    const asked = github.calls.find(({ url }) => url.endsWith('/access_tokens'))!;
    const token = String(asked.headers.authorization).slice('Bearer '.length);
    const { payload } = await jwtVerify(token, createPublicKey(privateKey), { algorithms: ['RS256'], issuer: '123' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(600);
  });

  it.each([
    [
      { operation: 'issue', title: 'Broken', labels: ['bug'] },
      { method: 'POST', url: '/repos/octo/shop/issues', body: { title: 'Broken', labels: ['bug'] } },
      { number: 7, url: 'https://github.com/i' },
    ],
    [
      { operation: 'issue', number: 7, state: 'closed' },
      { method: 'PATCH', url: '/repos/octo/shop/issues/7', body: { state: 'closed' } },
      { number: 7 },
    ],
    [
      { operation: 'label', number: 7, labels: ['paid'], remove_labels: ['none'] },
      { method: 'POST', url: '/repos/octo/shop/issues/7/labels', body: { labels: ['paid'] } },
      { labels: ['paid'] },
    ],
    [
      { operation: 'dispatch', workflow: 'deploy.yml', ref: 'main', inputs: { to: 'live' } },
      {
        method: 'POST',
        url: '/repos/octo/shop/actions/workflows/deploy.yml/dispatches',
        body: { ref: 'main', inputs: { to: 'live' } },
      },
      { dispatched: true },
    ],
    [
      { operation: 'dispatch', event_type: 'paid', inputs: { order: 1 } },
      { url: '/repos/octo/shop/dispatches', body: { event_type: 'paid', client_payload: { order: 1 } } },
      { dispatched: true },
    ],
    [
      { operation: 'status', sha: 'a'.repeat(40), state: 'success', description: 'fine' },
      {
        url: `/repos/octo/shop/statuses/${'a'.repeat(40)}`,
        body: { state: 'success', context: 'millrace', description: 'fine' },
      },
      { id: 9, state: 'success' },
    ],
    [
      { operation: 'file', path: 'docs/read me.md', ref: 'v1' },
      { method: 'GET', url: '/repos/octo/shop/contents/docs/read%20me.md?ref=v1' },
      { content: '# Shop', encoding: 'utf8', sha: 'old' },
    ],
  ])('%j', async (config, request, output) => {
    expect(await run(config)).toMatchObject(output);
    expect(last()).toMatchObject(request);
  });

  it('writes a file, and leaves it alone when it holds the same already', async () => {
    const config = { operation: 'file', path: 'a.txt', content: 'one', message: 'Add', ref: 'main' };
    expect(await run(config)).toMatchObject({ commit: 'commit', changed: true });
    expect(last().body).toMatchObject({ message: 'Add', branch: 'main' });
    expect(await run(config)).toMatchObject({ sha: 'old', changed: false });
    await run({ ...config, content: 'two' });
    expect([files['a.txt'], last().body]).toMatchObject(['two', { sha: 'old' }]);
  });

  it('uses the token of a connection', async () => {
    const connections = testConnections({
      mine: { type: 'github', config: { token: 'ghs_token', api_url: github.url } },
      wrong: { type: 'github', config: { token: 'ghp_wrong', api_url: github.url } },
    });
    expect(
      await run({ operation: 'comment', number: 1, body: 'x', connection: 'mine' }, { connections }),
    ).toMatchObject({ id: 5 });
    const refused = run({ operation: 'comment', number: 1, body: 'x', connection: 'wrong' }, { connections });
    await expect(refused).rejects.toMatchObject({ code: 'github_401', retryable: false });
  });

  it('waits as long as a rate limit says', async () => {
    expect(await run({ operation: 'file', path: 'limited' })).toMatchObject({ kind: 'retry', after: 60_000 });
  });

  it('asks for nothing outside its repository', async () => {
    for (const path of ['../../other/contents/x', 'a/../../b', '..'])
      await expect(run({ operation: 'file', path })).rejects.toMatchObject({ code: 'config_invalid' });
    for (const repository of ['octo/..', 'octo/shop/../x', '../shop', 'octo'])
      expect(() => types.registry.resolve('github', { operation: 'file', path: 'x', repository })).toThrow();
  });

  it('says what is missing where the server has no App', async () => {
    await using bare = await startNodeTypes();
    const config = bare.registry.resolve('github', { operation: 'file', path: 'x', repository: 'octo/shop' });
    const attempt = Promise.resolve(bare.registry.get('github').execute(nodeContext(config)));
    await expect(attempt).rejects.toMatchObject({ code: 'github_not_configured' });
  });
});

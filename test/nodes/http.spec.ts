import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NodeOutcome } from '../../src/nodes/node.contract.js';
import { startRecordingServer as serve } from '../support/recording-server.js';
import { sendJson } from '../support/send-json.js';
import { MemoryFiles } from '../support/memory-files.js';
import { temporaryFolder } from '../support/server.js';
import { nodeContext } from '../support/node-context.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';

let types: NodeTypesUnderTest;

beforeAll(async () => {
  types = await startNodeTypes();
});
afterAll(() => types.close());
async function call(config: Record<string, unknown>, given = {}): Promise<NodeOutcome> {
  const node = types.registry.get('http');
  return node.execute(nodeContext(types.registry.resolve('http', config), given));
}

async function output(config: Record<string, unknown>, given = {}): Promise<Record<string, unknown>> {
  const outcome = await call(config, given);
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.output as Record<string, unknown>;
}

describe('an http step sends', () => {
  it('query, headers and JSON', async () => {
    const server = await serve((_, response) => sendJson(response, { id: 7 }, 201));
    const result = await output({
      method: 'post',
      url: `${server.url}/items?a=1`,
      query: { tag: ['x', 'y'], page: 2, none: null },
      headers: { 'X-Trace': 5 },
      body: { name: 'n' },
    });
    expect(result).toMatchObject({
      status_code: 201,
      body: { id: 7 },
      headers: { 'content-type': 'application/json' },
    });
    expect(result['duration_ms']).toBeTypeOf('number');
    expect(server.calls[0]).toMatchObject({
      method: 'POST',
      url: '/items?a=1&tag=x&tag=y&page=2',
      body: '{"name":"n"}',
      headers: { 'x-trace': '5', 'content-type': 'application/json' },
    });
  });

  it.each([
    ['text as it is', 'plain', undefined, 'plain', 'text/plain; charset=utf-8'],
    ['a form', { a: 1, b: ['x y', 'z'] }, 'application/x-www-form-urlencoded', 'a=1&b=x+y&b=z', undefined],
    ['a list as JSON', [1], undefined, '[1]', 'application/json'],
    ['JSON under another name', { a: 1 }, 'application/vnd.api+json', '{"a":1}', undefined],
  ])('%s', async (_name, body, type, sent, sentType) => {
    const server = await serve((_, response) => sendJson(response, {}));
    await output({ method: 'PUT', url: server.url, body, headers: type === undefined ? {} : { 'Content-Type': type } });
    expect(server.calls[0]?.body).toBe(sent);
    expect(server.calls[0]?.headers['content-type']).toBe(type ?? sentType);
  });

  it('multipart with a boundary', async () => {
    const server = await serve((_, response) => sendJson(response, {}));
    await output({
      method: 'POST',
      url: server.url,
      headers: { 'content-type': 'multipart/form-data' },
      body: { a: 'b' },
    });
    expect(server.calls[0]?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(server.calls[0]?.body).toContain('name="a"\r\n\r\nb');
  });

  it('files of the execution: as the body, again after a redirect, and as parts of a form', async () => {
    const server = await serve(({ url }, response) =>
      url === '/moved' ? response.writeHead(307, { location: '/there' }).end() : sendJson(response, {}),
    );
    const folder = temporaryFolder();
    vi.stubEnv('TMPDIR', folder);
    const files = new MemoryFiles();
    await files.write('a.csv', 'id;name\n7;Ada\n', { type: 'text/csv' });
    await output({ method: 'PUT', url: `${server.url}/moved`, body_file: 'a.csv' }, { files });
    for (const call of server.calls)
      expect(call).toMatchObject({
        body: 'id;name\n7;Ada\n',
        headers: { 'content-type': 'text/csv', 'content-length': '14' },
      });
    expect(server.calls.map(({ url }) => url)).toEqual(['/moved', '/there']);
    const body = { note: 'n', sheet: { file: 'a.csv', filename: 'b.csv' }, tags: ['x', 'y'], plain: { file: 1 } };
    const headers = { 'content-type': 'multipart/form-data' };
    await output({ method: 'POST', url: server.url, headers, body }, { files });
    expect(server.calls[2]?.body).toMatch(
      /name="sheet"; filename="b.csv"\r\nContent-Type: text\/csv\r\n\r\nid;name\n7;Ada\n/,
    );
    expect(server.calls[2]?.body).toContain('name="plain"\r\n\r\n{"file":1}');
    expect(readdirSync(folder)).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('an Idempotency-Key, unless it was set by hand', async () => {
    const server = await serve((_, response) => sendJson(response, {}));
    await output({ url: server.url });
    await output({ method: 'DELETE', url: server.url });
    await output({ method: 'POST', url: server.url, headers: { 'idempotency-key': 'mine' } });
    const keys = server.calls.map(({ headers }) => headers['idempotency-key']);
    const { idempotencyKey } = nodeContext({});
    expect(keys).toEqual([idempotencyKey, idempotencyKey, 'mine']);
  });
});

describe('an http step shows credentials', () => {
  it.each([
    [{ type: 'basic', username: 'u', password: 'p' }, 'authorization', 'Basic dTpw'],
    [{ type: 'bearer', token: 't' }, 'authorization', 'Bearer t'],
    [{ type: 'api_key', key: 'k' }, 'x-api-key', 'k'],
    [{ type: 'api_key', key: 'k', name: 'X-Mine' }, 'x-mine', 'k'],
  ])('%j', async (auth, header, value) => {
    const server = await serve((_, response) => sendJson(response, {}));
    await output({ url: server.url, auth });
    expect(server.calls[0]?.headers[header]).toBe(value);
  });

  it('as a query parameter', async () => {
    const server = await serve((_, response) => sendJson(response, {}));
    await output({ url: server.url, auth: { type: 'api_key', key: 'k', name: 'key', in: 'query' } });
    expect(server.calls[0]?.url).toBe('/?key=k');
  });

  const oauth = async (isGood: (token: string) => boolean, answer: unknown = {}) => {
    let tokens = 0;
    const server = await serve(({ url, headers }, response) => {
      if (url === '/token') sendJson(response, { access_token: `t${++tokens}`, expires_in: 3600 });
      else sendJson(response, answer, isGood(headers.authorization ?? '') ? 200 : 401);
    });
    const auth = {
      type: 'oauth2',
      token_url: `${server.url}/token`,
      client_id: 'c',
      client_secret: 's',
      scope: 'read',
    };
    return { server, config: { url: server.url, auth } };
  };

  it('by OAuth: one token for many calls', async () => {
    const { server, config } = await oauth((token) => token === 'Bearer t1');
    await output(config);
    await output(config);
    expect(server.calls.map(({ url }) => url)).toEqual(['/token', '/', '/']);
    expect(server.calls[0]).toMatchObject({
      body: 'grant_type=client_credentials&scope=read',
      headers: { authorization: 'Basic Yzpz' },
    });
  });

  it('by OAuth: a new token when the kept one was refused, once', async () => {
    const revoked = await oauth((token) => token === 'Bearer t2');
    await output(revoked.config);
    expect(revoked.server.calls.map(({ url }) => url)).toEqual(['/token', '/', '/token', '/']);
    const closed = await oauth(() => false);
    expect(await call(closed.config)).toMatchObject({ kind: 'fail', error: { code: 'http_401' } });
    expect(closed.server.calls).toHaveLength(4);
  });

  it('by OAuth: never to another origin', async () => {
    const other = await serve((_, response) => sendJson(response, []));
    const { config } = await oauth(() => true, { items: [], next: other.url });
    const pagination = { type: 'link', items: 'items', next: 'next' };
    await output({ ...config, pagination });
    expect(other.calls[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('an http step judges the status', () => {
  it.each([
    [400, 'fail', false],
    [404, 'fail', false],
    [408, 'fail', true],
    [425, 'fail', true],
    [429, 'fail', true],
    [500, 'fail', true],
    [503, 'fail', true],
  ])('%i fails the step; worth another try: %s %s', async (status, kind, retryable) => {
    const server = await serve((_, response) => sendJson(response, { why: 'x' }, status));
    const outcome = await call({ url: server.url });
    expect(outcome).toMatchObject({ kind, error: { code: `http_${status}`, retryable } });
    expect(outcome).toMatchObject({ error: { details: { status_code: status, body: '{"why":"x"}' } } });
  });

  it('takes what is expected for a success, and nothing else', async () => {
    const server = await serve(({ url }, response) => sendJson(response, {}, Number(url.slice(1))));
    expect(await output({ url: `${server.url}/404`, expect_status: [200, '4xx'] })).toMatchObject({ status_code: 404 });
    expect(await call({ url: `${server.url}/200`, expect_status: 201 })).toMatchObject({ error: { code: 'http_200' } });
  });

  it.each([
    ['2', 2_000],
    [new Date(Date.now() + 3_600_000).toUTCString(), null],
  ])('honours Retry-After: %s', async (header, milliseconds) => {
    const server = await serve((_, response) => response.writeHead(503, { 'retry-after': header }).end());
    const outcome = await call({ url: server.url });
    expect(outcome).toMatchObject({ kind: 'retry', error: { code: 'http_503', retryable: true } });
    if (milliseconds !== null && outcome.kind === 'retry') expect(outcome.after).toBe(milliseconds);
  });

  it('says which address may not be called, for good', async () => {
    await expect(call({ url: 'http://169.254.169.254/latest' })).rejects.toMatchObject({
      code: 'address_not_allowed',
      retryable: false,
    });
  });

  it('says timeout, which may be tried again', async () => {
    const server = await serve(() => undefined);
    await expect(call({ url: server.url, timeout: '20ms' })).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
    });
  });
});

describe('an http step reads the body', () => {
  it.each([
    ['application/json', '{"a":1}', 'auto', { a: 1 }],
    ['application/problem+json', '{"a":1}', 'auto', { a: 1 }],
    ['application/json', 'oops', 'auto', 'oops'],
    ['text/html; charset=iso-8859-1', Buffer.from([0xe9]), 'auto', 'é'],
    ['application/json', '{"a":1}', 'text', '{"a":1}'],
    ['text/plain', '[1]', 'json', [1]],
    ['application/json', '', 'auto', null],
  ])('%s %s as %s', async (type, sent, response, body) => {
    const server = await serve((_, answer) => answer.writeHead(200, { 'content-type': type }).end(sent));
    expect(await output({ url: server.url, response })).toMatchObject({ body });
  });

  it('as a file, also where it is no text', async () => {
    const server = await serve((_, answer) =>
      answer.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from([0, 255])),
    );
    const { body } = await output({ url: `${server.url}/pictures/cat.png` });
    const sha256 = '06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8';
    expect(body).toEqual({ name: 'cat.png', type: 'image/png', size: 2, sha256, content: 'AP8=' });
  });

  it('and fails where JSON was asked for and is not there', async () => {
    const server = await serve((_, answer) => answer.end('<html>'));
    await expect(call({ url: server.url, response: 'json' })).rejects.toMatchObject({ code: 'response_invalid' });
  });
});

describe('an http step turns pages', () => {
  it('by Link header', async () => {
    const server = await serve(({ url }, response) => {
      if (url === '/?p=2') {
        sendJson(response, [3]);
        return;
      }
      response.setHeader('link', '<https://x.example/>; rel="prev", </?p=2>; rel="next"');
      sendJson(response, [1, 2]);
    });
    const result = await output({ url: server.url, pagination: { type: 'link' } });
    expect(result).toMatchObject({ body: [1, 2, 3], pages: 2, truncated: false });
  });

  it('by cursor', async () => {
    const server = await serve(({ url }, response) => {
      const after = new URL(url, 'http://x').searchParams.get('after');
      sendJson(response, { data: { items: [after ?? 'first'] }, next: after === null ? 'b' : null });
    });
    const pagination = { type: 'cursor', items: 'data.items', next: 'next', parameter: 'after' };
    expect(await output({ url: server.url, pagination })).toMatchObject({ body: ['first', 'b'], pages: 2 });
  });

  it('by page number, up to max_pages', async () => {
    const server = await serve(({ url }, response) => {
      const page = Number(new URL(url, 'http://x').searchParams.get('page'));
      sendJson(response, page <= 3 ? [page] : []);
    });
    expect(await output({ url: server.url, pagination: { type: 'page' } })).toMatchObject({
      body: [1, 2, 3],
      pages: 4,
    });
    const cut = await output({ url: server.url, pagination: { type: 'page', max_pages: 2 } });
    expect(cut).toMatchObject({ body: [1, 2], pages: 2, truncated: true });
  });

  it('and leaves credentials at their origin', async () => {
    const other = await serve((_, response) => sendJson(response, []));
    const server = await serve((_, response) => sendJson(response, { items: [1], next: other.url }));
    const pagination = { type: 'link', items: 'items', next: 'next' };
    const config = {
      url: server.url,
      auth: { type: 'api_key', key: 'k' },
      headers: { authorization: 'a' },
      pagination,
    };
    await expect(call(config)).resolves.toMatchObject({ kind: 'done' });
    for (const name of ['authorization', 'x-api-key']) {
      expect(server.calls[0]?.headers).toHaveProperty(name);
      expect(other.calls[0]?.headers).not.toHaveProperty(name);
    }
  });
});

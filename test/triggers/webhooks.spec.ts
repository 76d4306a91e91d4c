import { createHmac, randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { Webhook } from 'standardwebhooks';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { sendJson } from '../support/send-json.js';

const BODY = '{"a":   1}';
const STEPS = 'steps: [{id: a, type: set, config: {values: {got: "{{ input }}"}}}]';

let app: TestApp;
let api: Api;
beforeAll(async () => {
  app = await startApp();
  api = app.api;
  for (const [name, value] of [
    ['hook_key', 's3cret'],
    ['hook_new', 'n3w'],
    ['hook_standard', STANDARD],
  ])
    expect((await api.post('/secrets', { name, value })).status).toBe(201);
});
const STANDARD = `whsec_${Buffer.from('a secret of thirty-two characters').toString('base64')}`;

async function deployed(config: object, more: object = {}): Promise<{ id: string; trigger: string; path: string }> {
  const path = randomUUID();
  const triggers = JSON.stringify([{ type: 'webhook', config: { path: `/${path}`, ...config }, ...more }]);
  const id = await api.create(`name: ${path}\n${STEPS}\ntriggers: ${triggers}`);
  const { status, body } = await api.post(`/deployment/workflows/${id}/deploy`);
  expect(status, JSON.stringify(body)).toBe(201);
  return { id, trigger: body.triggers[0].id as string, path };
}

type Headers = Record<string, string>;
async function send(path: string, headers: Headers = {}, body: string | FormData = BODY, method = 'POST') {
  const given = { 'content-type': 'application/json', ...headers };
  const response = await fetch(`${app.url}/webhook/${path}`, { method, headers: given, body });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
const ledger = async (trigger: string): Promise<any[]> =>
  (await api.get(`/triggers/${trigger}/occurrences`)).body.items as any[];

const now = (): number => Math.floor(Date.now() / 1000);
const hmac = (text: string, key = 's3cret', digest: 'hex' | 'base64' = 'hex', algorithm = 'sha256'): string =>
  createHmac(algorithm, key).update(text).digest(digest);
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const token = (key: string, claims: object = {}): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(Buffer.from(key));

describe('a webhook with auth', () => {
  const SECRET = '{{ secrets.hook_key }}';
  const stripe = (key: string, at = now()): Headers => ({
    'stripe-signature': `t=${at},v1=${hmac(`${at}.${BODY}`, key)}`,
  });
  const slack = (key: string, at = now()): Headers => ({
    'x-slack-request-timestamp': String(at),
    'x-slack-signature': `v0=${hmac(`v0:${at}:${BODY}`, key)}`,
  });
  const standard = (secret: string, at = now()): Headers => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(at),
    'webhook-signature': new Webhook(secret).sign('msg_1', new Date(at * 1000), BODY),
  });
  const template = (key: string, at = now()): Headers => ({
    'x-time': String(at),
    'webhook-id': 'i1',
    'x-sig': `v9=${hmac(`i1|${at}|${BODY}`, key, 'base64', 'sha512')}`,
  });
  const long = 3_600;

  it.each<[string, object, () => Headers | Promise<Headers>, string, () => Headers | Promise<Headers>]>([
    [
      'basic',
      { type: 'basic', username: 'ann', password: SECRET },
      () => ({ authorization: basic('ann:s3cret') }),
      'credentials_invalid',
      () => ({ authorization: basic('ann:other') }),
    ],
    [
      'basic, by another spelling of the scheme',
      { type: 'basic', username: 'ann', password: SECRET },
      () => ({ authorization: basic('ann:s3cret').replace('Basic', 'basic') }),
      'credentials_invalid',
      () => ({ authorization: basic('ann:s3cret').replace('Basic', 'Bearer') }),
    ],
    [
      'bearer, by another spelling of the scheme',
      { type: 'bearer', token: SECRET },
      () => ({ authorization: 'bearer s3cret' }),
      'credentials_invalid',
      () => ({ authorization: 's3cret' }),
    ],
    [
      'bearer',
      { type: 'bearer', token: SECRET },
      () => ({ authorization: 'Bearer s3cret' }),
      'credentials_invalid',
      () => ({ authorization: 'Bearer s3cre' }),
    ],
    [
      'header',
      { type: 'header', header: 'X-Proof', value: SECRET },
      () => ({ 'x-proof': 's3cret' }),
      'credentials_invalid',
      () => ({}),
    ],
    [
      'api_key',
      { type: 'api_key', key: SECRET },
      () => ({ 'x-api-key': 's3cret' }),
      'credentials_invalid',
      () => ({ 'x-api-key': 'n3w' }),
    ],
    [
      'jwt by a secret',
      { type: 'jwt', secret: SECRET, issuer: 'shop', audience: 'millrace' },
      async () => ({ authorization: `Bearer ${await token('s3cret', { iss: 'shop', aud: 'millrace' })}` }),
      'token_invalid',
      async () => ({ authorization: `Bearer ${await token('s3cret', { iss: 'other', aud: 'millrace' })}` }),
    ],
    [
      'github',
      { type: 'github', secret: SECRET },
      () => ({ 'x-hub-signature-256': `sha256=${hmac(BODY)}` }),
      'signature_invalid',
      () => ({ 'x-hub-signature-256': `sha256=${hmac('{"a":1}')}` }),
    ],
    ['stripe', { type: 'stripe', secret: SECRET }, () => stripe('s3cret'), 'signature_invalid', () => stripe('n3w')],
    [
      'stripe, replayed',
      { type: 'stripe', secret: SECRET },
      () => stripe('s3cret'),
      'signature_expired',
      () => stripe('s3cret', now() - long),
    ],
    ['slack', { type: 'slack', secret: SECRET }, () => slack('s3cret'), 'signature_invalid', () => slack('n3w')],
    [
      'slack, replayed',
      { type: 'slack', secret: SECRET },
      () => slack('s3cret'),
      'signature_expired',
      () => slack('s3cret', now() - long),
    ],
    [
      'standard_webhooks',
      { type: 'standard_webhooks', secret: '{{ secrets.hook_standard }}' },
      () => standard(STANDARD),
      'signature_missing',
      () => ({ 'webhook-id': 'msg_1', 'webhook-timestamp': String(now()) }),
    ],
    [
      'standard_webhooks, replayed within a tolerance of its own',
      { type: 'standard_webhooks', secret: '{{ secrets.hook_standard }}', tolerance: '2h' },
      () => standard(STANDARD, now() - long),
      'signature_expired',
      () => standard(STANDARD, now() - 3 * long),
    ],
    [
      'hmac with a signed template',
      {
        type: 'hmac',
        secret: SECRET,
        algorithm: 'sha512',
        header: 'X-Sig',
        encoding: 'base64',
        prefix: 'v9=',
        template: '{id}|{timestamp}|{body}',
        timestamp_header: 'X-Time',
        tolerance: '1m',
      },
      () => template('s3cret'),
      'signature_expired',
      () => template('s3cret', now() - 120),
    ],
    [
      'hmac, rotated',
      { type: 'hmac', secrets: ['{{ secrets.hook_new }}', SECRET], header: 'X-Sig' },
      () => ({ 'x-sig': hmac(BODY) }),
      'signature_invalid',
      () => ({ 'x-sig': hmac(BODY, 'oldest') }),
    ],
  ])('%s takes what proves itself, and refuses the rest with 401', async (_kind, auth, good, code, bad) => {
    const { trigger, path } = await deployed({ auth });
    expect(await send(path, await good())).toMatchObject({ status: 202, body: { status: 'queued' } });
    expect(await send(path, await bad())).toMatchObject({ status: 401, body: { code } });
    const [refused, fired] = await ledger(trigger);
    const reason = /^(credentials|token)/.test(code) ? 'credentials' : 'signature';
    expect(refused).toMatchObject({ outcome: 'rejected', execution_id: null, reason: { code: reason } });
    expect(fired).toMatchObject({ outcome: 'fired', payload: { body: { a: 1 }, raw_body: BODY } });
    expect(JSON.stringify(await ledger(trigger))).not.toContain('s3cret');
  });

  it('none takes all', async () => {
    const { path } = await deployed({ auth: { type: 'none' } });
    expect(await send(path)).toMatchObject({ status: 202 });
  });

  describe('jwt by the keys of an issuer (JWKS)', () => {
    const keys: JWK[] = [];
    let issuer: RecordingServer;
    let first: CryptoKey;
    beforeAll(async () => {
      issuer = await startRecordingServer((_call, response) => sendJson(response, { keys }));
      first = await published('RS256', 'one');
    });
    async function published(alg: string, kid: string): Promise<CryptoKey> {
      const { publicKey, privateKey } = await generateKeyPair(alg);
      keys.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' });
      return privateKey;
    }
    const signed = async (key: CryptoKey, alg: string, kid: string, claims: object = {}, until = '1h') => {
      const whole = { iss: 'https://issuer.example', aud: 'millrace', ...claims };
      const jwt = new SignJWT(whole).setProtectedHeader({ alg, kid }).setExpirationTime(until);
      return { authorization: `Bearer ${await jwt.sign(key)}` };
    };

    it('takes tokens of the issuer for this audience, and fetches the keys once', async () => {
      const auth = {
        type: 'jwt',
        jwks_url: `${issuer.url}/keys`,
        issuer: 'https://issuer.example',
        audience: 'millrace',
      };
      const { trigger, path } = await deployed({ auth });
      const wrong = await generateKeyPair('RS256');
      for (let n = 0; n < 3; n++)
        expect(await send(path, await signed(first, 'RS256', 'one'))).toMatchObject({ status: 202 });
      expect(issuer.count('/keys')).toBe(1);
      for (const headers of [
        {},
        await signed(first, 'RS256', 'one', { iss: 'https://other.example' }),
        await signed(first, 'RS256', 'one', { aud: 'somebody' }),
        await signed(first, 'RS256', 'one', {}, '-1m'),
        await signed(wrong.privateKey, 'RS256', 'one'),
        { authorization: `Bearer ${await token(JSON.stringify(keys[0]), { iss: auth.issuer, aud: 'millrace' })}` },
      ] as Headers[])
        expect(await send(path, headers)).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
      const outcomes = (await ledger(trigger)).map(({ outcome, reason }) => reason?.code ?? outcome);
      expect(outcomes).toEqual([...Array<string>(6).fill('credentials'), 'fired', 'fired', 'fired']);
    });

    it('takes the algorithms that it names', async () => {
      const second = await published('ES384', 'two');
      const config = { type: 'jwt', jwks_url: `${issuer.url}/more` };
      const narrow = await deployed({ auth: config });
      expect((await send(narrow.path, await signed(second, 'ES384', 'two'))).status).toBe(401);
      const wide = await deployed({ auth: { ...config, algorithms: ['ES384'] } });
      expect((await send(wide.path, await signed(second, 'ES384', 'two'))).status).toBe(202);
      expect((await send(wide.path, await signed(first, 'RS256', 'one'))).status).toBe(401);
    });
  });
});

describe('a webhook for certain addresses', () => {
  it.each([
    [['127.0.0.0/8'], 202],
    [['127.0.0.1'], 202],
    [['10.0.0.0/8', '::1', '2001:db8::/32'], 403],
  ])('%j answers this machine with %i', async (allowed_ips, status) => {
    const { trigger, path } = await deployed({ allowed_ips });
    const answer = await send(path, { 'x-forwarded-for': '10.0.0.1' });
    expect(answer.status).toBe(status);
    const [seen] = await ledger(trigger);
    if (status === 202) expect(seen).toMatchObject({ outcome: 'fired', payload: { remote_ip: '127.0.0.1' } });
    else {
      expect(answer.body).toMatchObject({ code: 'address_refused' });
      expect(seen).toMatchObject({ outcome: 'rejected', reason: { code: 'address_refused' } });
    }
  });
});

describe('behind a proxy', () => {
  it.each<[string, Headers, number, string]>([
    ['the sender that the proxy names', { 'x-forwarded-for': '203.0.113.9' }, 202, '203.0.113.9'],
    [
      'not what the sender has written before it',
      { 'x-forwarded-for': '203.0.113.9, 198.51.100.1' },
      403,
      '198.51.100.1',
    ],
    ['another trusted proxy in between', { 'x-forwarded-for': '203.0.113.9, 127.0.0.7' }, 202, '203.0.113.9'],
    ['the proxy itself where it names nobody', {}, 403, '127.0.0.1'],
    ['no name of a host', { 'x-forwarded-for': 'unknown' }, 403, 'unknown'],
  ])('allowed_ips sees %s', async (_what, headers, status, remote_ip) => {
    proxied ??= await startApp({ TRUSTED_PROXIES: '127.0.0.0/8' });
    const path = randomUUID();
    const yaml = `name: ${path}\n${STEPS}\ntriggers: [{type: webhook, config: {path: /${path}, allowed_ips: [203.0.113.0/24]}}]`;
    const { body } = await proxied.api.post(`/deployment/workflows/${await proxied.api.create(yaml)}/deploy`);
    expect((await fetch(`${proxied.url}/webhook/${path}`, { method: 'POST', headers })).status).toBe(status);
    const seen = await proxied.api.get(`/triggers/${body.triggers[0].id as string}/occurrences`);
    expect(seen.body.items).toMatchObject([{ payload: { remote_ip } }]);
  });
  let proxied: TestApp | undefined;
});

describe('what a webhook is sent', () => {
  it.each<[string, string, string, unknown]>([
    ['JSON', 'application/json', '{"a":[1]}', { a: [1] }],
    ['JSON of a type of its own', 'application/vnd.x+json; charset=utf-8', '{"a":1}', { a: 1 }],
    ['a form', 'application/x-www-form-urlencoded', 'a=1&b=2&a=3', { a: ['1', '3'], b: '2' }],
    ['JSON with NUL and half a character', 'application/json', '{"a":"x\\u0000y\\ud800"}', { a: 'x\0y\ud800' }],
    ['JSON after a byte order mark', 'application/json', '\ufeff{"a":1}', { a: 1 }],
    ['text', 'text/plain', 'hello', 'hello'],
    ['XML', 'application/xml', '<a b="c"/>', '<a b="c"/>'],
  ])('%s becomes the input', async (_what, type, text, input) => {
    const { path, trigger } = await deployed({ methods: ['PUT'] });
    const { status, body } = await send(`${path}?x=1&x=2`, { 'content-type': type }, text, 'PUT');
    expect(status).toBe(202);
    expect(await api.reaches(body.execution_id as string, 'completed')).toMatchObject({ output: { got: input } });
    expect((await ledger(trigger))[0].payload).toMatchObject({
      method: 'PUT',
      path: `/webhook/${path}`,
      query: { x: ['1', '2'] },
      params: {},
      body: input,
      raw_body: text,
      content_type: type,
    });
  });

  it.each<[number, string, Headers, string, string]>([
    [400, 'body_invalid', {}, '{', 'body_invalid'],
    [400, 'body_invalid', {}, '['.repeat(5_000) + ']'.repeat(5_000), 'body_invalid'],
    [400, 'body_invalid', {}, `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`, 'body_invalid'],
    [400, 'body_invalid', { 'content-type': 'multipart/form-data' }, 'x', 'body_invalid'],
    [413, 'body_too_large', {}, `"${'x'.repeat(20_000)}"`, 'body_too_large'],
    [415, 'type_unsupported', { 'content-type': 'image/png' }, 'x', 'type_unsupported'],
    [415, 'type_unsupported', { 'content-type': ';;;' }, 'x', 'type_unsupported'],
  ])('wrong is answered with %i %s, and the ledger says so', async (status, code, headers, body, reason) => {
    const { path, trigger } = await deployed({ max_body: 20_000 });
    expect(await send(path, headers, body)).toMatchObject({ status, body: { code } });
    await eventually(async () =>
      expect(await ledger(trigger)).toMatchObject([{ outcome: 'rejected', reason: { code: reason } }]),
    );
  });

  it('without end is cut off with 413, and the ledger says so', async () => {
    const { path, trigger } = await deployed({ max_body: 16_777_216 });
    const chunk = new Uint8Array(1_048_576);
    let left = 18;
    const body = new ReadableStream({
      pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
    });
    const headers = { 'content-type': 'application/json' };
    const sent = fetch(`${app.url}/webhook/${path}`, { method: 'POST', headers, body, duplex: 'half' });
    // The connection may be closed while the rest is still being sent.
    const status = await sent.then(
      (response) => response.status,
      () => 413,
    );
    expect(status).toBe(413);
    await eventually(async () =>
      expect(await ledger(trigger)).toMatchObject([{ outcome: 'rejected', reason: { code: 'body_too_large' } }]),
    );
  });

  it('to a path that cannot be decoded is answered with a problem', async () => {
    const answer = await fetch(`${app.url}/webhook/%E0%A4%A`, { method: 'POST' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({ code: 'request_invalid', instance: '/webhook/%E0%A4%A' });
  });

  it('by a wrong method is answered with 405 and Allow, at both addresses', async () => {
    const { id, path, trigger } = await deployed({ methods: ['POST', 'PUT'] });
    for (const url of [`/webhook/${path}`, `/api/v1/public/webhook/workflow/${id}`]) {
      const answer = await fetch(app.url + url, { method: 'PATCH' });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['POST', 'PUT']);
    }
    const refused = { outcome: 'rejected', reason: { code: 'method_not_allowed' }, payload: { method: 'PATCH' } };
    expect(await ledger(trigger)).toMatchObject([refused, refused]);
  });

  it.each(['/webhook', '/webhook/', '/webhook/nowhere', '/api/v1/public/webhook/workflow/nobody'])(
    'to nobody (%s) is answered with 404',
    async (path) => expect((await fetch(app.url + path, { method: 'POST' })).status).toBe(404),
  );

  it.each([
    ['is long', 'x'.repeat(20_000)],
    ['has NUL in it', 'a\0b'],
  ])('is known by a key that %s as by any other', async (_what, a) => {
    const { path } = await deployed({}, { dedup: { key: '{{ trigger.payload.body.a }}' } });
    const first = await send(path, {}, JSON.stringify({ a }));
    const again = await send(path, {}, JSON.stringify({ a }));
    expect([first.status, again.body.duplicate, again.body.execution_id]).toEqual([202, true, first.body.execution_id]);
    expect((await send(path, {}, JSON.stringify({ a: `${a}!` }))).body.duplicate).toBe(false);
  });

  it('too often is answered with 429 and Retry-After, and the ledger says so', async () => {
    const limited = await startApp({ RATE_LIMIT_PUBLIC: '2/1h' });
    const yaml = `name: flood\n${STEPS}\ntriggers: [{type: webhook, config: {path: /flood}}]`;
    const { body: deployment } = await limited.api.post(
      `/deployment/workflows/${await limited.api.create(yaml)}/deploy`,
    );
    const hit = () => fetch(`${limited.url}/webhook/flood`, { method: 'POST' });
    expect([(await hit()).status, (await hit()).status]).toEqual([202, 202]);
    const third = await hit();
    expect(third.status).toBe(429);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
    const { body } = await limited.api.get(`/triggers/${deployment.triggers[0].id as string}/occurrences`);
    expect(body.items[0]).toMatchObject({ outcome: 'rejected', reason: { code: 'rate_limit' } });
  });
});

describe('a webhook that waits', () => {
  const SLOW = 'steps: [{id: w, type: wait, config: {duration: 1h}}]';
  it.each(['wait', 'respond'])('answers %s at its timeout with 202 and where the execution is', async (response) => {
    const path = randomUUID();
    const id = await api.create(
      `name: ${path}\n${SLOW}\ntriggers: [{type: webhook, config: {path: /${path}, response: ${response}, timeout: 1ms}}]`,
    );
    await api.post(`/deployment/workflows/${id}/deploy`);
    const { status, body } = await send(path);
    expect([status, body.status]).toEqual([202, expect.toBeOneOf(['queued', 'running', 'waiting'])]);
    await api.reaches(body.execution_id as string, 'waiting');
    expect((await api.get((body.status_url as string).replace('/api/v1', ''))).body.id).toBe(body.execution_id);
  });

  it('answers a duplicate with how its execution does by now', async () => {
    const { path } = await deployed({});
    const headers = { 'idempotency-key': 'by-now' };
    await api.reaches((await send(path, headers)).body.execution_id as string, 'completed');
    expect((await send(path, headers)).body).toMatchObject({ duplicate: true, status: 'completed' });
  });

  it('answers with the output, and a duplicate with the output of the first one', async () => {
    const { path } = await deployed({ response: 'wait' });
    const headers = { 'idempotency-key': 'k' };
    expect(await send(path, headers)).toMatchObject({ status: 200, body: { got: { a: 1 } } });
    expect(await send(path, headers, '{"a": 2}')).toMatchObject({ status: 200, body: { got: { a: 1 } } });
  });
});

describe('a replay', () => {
  it('with a key starts once for the key, whatever dedup says; what was rejected is not replayed', async () => {
    const { path, trigger } = await deployed({ auth: { type: 'bearer', token: 't' } }, { dedup: { key: 'one' } });
    await send(path, { authorization: 'Bearer t' });
    await send(path);
    const [rejected, fired] = await ledger(trigger);
    const replay = async (key: string) =>
      (await api.post(`/occurrences/${fired.id as string}/replay`, undefined, { 'idempotency-key': key })).body;
    const first = await replay('a');
    expect(first).toMatchObject({ duplicate: false, execution_id: expect.any(String) as string });
    expect(await replay('a')).toMatchObject({ duplicate: true, execution_id: first.execution_id });
    expect((await replay('b')).execution_id).not.toBe(first.execution_id);
    const refused = await api.post(`/occurrences/${rejected.id as string}/replay`);
    expect([refused.status, refused.body.code]).toEqual([409, 'occurrence_rejected']);
  });
});

describe('a trigger by the API', () => {
  it('without a name is numbered, and keeps its type', async () => {
    const { id } = await deployed({});
    const add = async () => (await api.post(`/workflows/${id}/triggers`, { type: 'webhook' })).body;
    const [second, third] = [await add(), await add()];
    expect([second.name, third.name]).toEqual(['webhook-2', 'webhook-3']);
    const answer = await api.call('PUT', `/triggers/${third.id as string}`, { type: 'cron' });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: 'type', code: 'value_invalid' }] } });
    expect((await api.call('PUT', `/triggers/${third.id as string}`, { type: 'webhook', priority: 7 })).status).toBe(
      200,
    );
  });

  it('whose expressions read what it does not see is refused', async () => {
    const { id } = await deployed({});
    const bad = { type: 'webhook', filter: 'input.a', input: ['{{ steps.a }}'], dedup: { key: '{{ secrets.x }}' } };
    const { status, body } = await api.post(`/workflows/${id}/triggers`, bad);
    expect([status, body.errors.map(({ path, code }: any) => `${code} ${path}`)]).toEqual([
      422,
      ['filter', 'input[0]', 'dedup.key'].map((path) => `expression_unknown_name ${path}`),
    ]);
    const number = await api.post(`/workflows/${id}/triggers`, { type: 'webhook', filter: '1 + 1' });
    expect(number.body).toMatchObject({ errors: [{ path: 'filter', code: 'expression_type' }] });
  });
});

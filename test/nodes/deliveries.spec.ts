import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeContext } from '../support/node-context.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { sendJson } from '../support/send-json.js';

const SECRET = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cyBpbiBiYXNlNjQ=';
const SECOND = 'whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3Rz';
let types: NodeTypesUnderTest;
let server: RecordingServer;
beforeAll(async () => {
  types = await startNodeTypes();
  server = await startRecordingServer(({ url, headers }, response) => {
    if (url === '/busy') response.writeHead(429, { 'retry-after': '7' }).end();
    else if (url === '/gone') sendJson(response, { error: 'gone' }, 410);
    else if (url === '/moved') response.writeHead(302, { location: `${server.url}/inner` }).end();
    else if (url === '/api/chat.postMessage' && headers.authorization !== 'Bearer xoxb-right')
      sendJson(response, { ok: false, error: 'invalid_auth' });
    else sendJson(response, { ok: true, channel: 'C1', ts: '1.2' });
  });
});
afterAll(() => types.close());

async function run(type: string, config: object, given = {}): Promise<any> {
  const outcome = await types.registry.get(type).execute(nodeContext(types.registry.resolve(type, config), given));
  return outcome.kind === 'done' ? outcome.output : outcome;
}

describe('a webhook step', () => {
  const send = (path: string, more = {}, given = {}) =>
    run('webhook', { url: `${server.url}${path}`, payload: { id: 7 }, secret: SECRET, ...more }, given);
  const last = () => server.calls.at(-1)!;

  it('signs a delivery so that the client of Standard Webhooks takes it, and no altered one', async () => {
    const output = await send('/hook', { headers: { 'X-Source': 'millrace' } });
    const { body, headers } = last();
    expect(output).toEqual({ message_id: headers['webhook-id'], status_code: 200 });
    expect(headers['x-source']).toBe('millrace');
    const webhook = new Webhook(SECRET);
    expect(webhook.verify(body, headers as Record<string, string>)).toEqual({ id: 7 });
    expect(() => webhook.verify(body.replace('7', '8'), headers as Record<string, string>)).toThrow();
  });

  it('signs with each of several secrets', async () => {
    await send('/hook', { secret: [SECRET, SECOND] });
    for (const secret of [SECRET, SECOND])
      expect(() => new Webhook(secret).verify(last().body, last().headers as Record<string, string>)).not.toThrow();
  });

  it('carries one message id in all attempts, another one in another step', async () => {
    const ids: unknown[] = [];
    for (const idempotencyKey of ['e:a', 'e:a', 'e:b'])
      ids.push((await send('/hook', {}, { idempotencyKey })).message_id);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('comes again when the receiver is busy and says when, not when it is gone or has moved', async () => {
    expect(await send('/busy')).toMatchObject({ kind: 'retry', after: 7_000, error: { code: 'http_429' } });
    expect(await send('/gone')).toMatchObject({ kind: 'fail', error: { code: 'http_410', retryable: false } });
    expect(await send('/moved')).toMatchObject({ kind: 'fail', error: { code: 'http_302', retryable: false } });
    expect(server.count('/inner')).toBe(0);
  });

  it('reaches no private address, and lets no header break out', async () => {
    await expect(send('', { url: 'http://10.0.0.1/x' })).rejects.toMatchObject({ code: 'address_not_allowed' });
    const injected = send('/hook', { headers: { 'X-A': 'b\r\nX-C: d' } });
    await expect(injected).rejects.toMatchObject({ code: 'config_invalid' });
  });
});

describe('a slack step', () => {
  it('posts to an incoming webhook', async () => {
    expect(await run('slack', { webhook_url: `${server.url}/services/T/B/x`, text: 'Hi' })).toMatchObject({ ok: true });
    expect(JSON.parse(server.calls.at(-1)!.body)).toEqual({ text: 'Hi', unfurl_links: true });
  });

  it('posts as a bot, in a thread, and gives the place of the message', async () => {
    const config = {
      token: 'xoxb-right',
      channel: '#orders',
      text: 'Hi',
      thread_ts: '1.1',
      api_url: `${server.url}/api`,
    };
    expect(await run('slack', config)).toEqual({ ok: true, channel: 'C1', ts: '1.2' });
    expect(JSON.parse(server.calls.at(-1)!.body)).toMatchObject({ channel: '#orders', thread_ts: '1.1' });
    expect(await run('slack', { ...config, token: 'xoxb-wrong' })).toMatchObject({
      kind: 'fail',
      error: { code: 'slack_invalid_auth', retryable: false },
    });
  });

  it('comes again when Slack says when', async () => {
    expect(await run('slack', { webhook_url: `${server.url}/busy`, text: 'Hi' })).toMatchObject({
      kind: 'retry',
      after: 7_000,
    });
  });
});

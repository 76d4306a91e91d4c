import { gzipSync } from 'node:zlib';
import { fetch } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { AddressGuard } from '../../src/common/http/address-guard.js';
import { guardedAgent } from '../../src/common/http/guarded-agent.js';
import { OutgoingHttp } from '../../src/common/http/outgoing-http.js';
import type { AppConfig } from '../../src/common/config/app-config.js';
import { startRecordingServer as serve } from '../support/recording-server.js';
import { sendJson } from '../support/send-json.js';

const local = new OutgoingHttp({ httpAllowPrivate: ['127.0.0.0/8'] } as unknown as AppConfig);
const strict = new OutgoingHttp({ httpAllowPrivate: [] } as unknown as AppConfig);

afterAll(async () => {
  await local.onApplicationShutdown();
  await strict.onApplicationShutdown();
});

describe('outgoing calls and addresses', () => {
  it.each([
    ['127.0.0.1'],
    ['localhost'],
    ['2130706433'],
    ['0x7f.0.0.1'],
    ['0177.0.0.1'],
    ['127.1'],
    ['[::1]'],
    ['[::ffff:127.0.0.1]'],
    ['169.254.169.254'],
    ['[fd00:ec2::254]'],
  ])('never reach %s', async (host) => {
    const call = strict.request({ url: `http://${host}:8080/` });
    await expect(call).rejects.toMatchObject({ code: 'address_not_allowed', retryable: false });
  });

  it('reach what the operator allows', async () => {
    const server = await serve((_, response) => sendJson(response, { ok: true }));
    const { status, body } = await local.request({ url: server.url });
    expect([status, body.toString()]).toEqual([200, '{"ok":true}']);
  });

  it('are checked at every redirect', async () => {
    const server = await serve((_, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end());
    await expect(local.request({ url: server.url })).rejects.toMatchObject({ code: 'address_not_allowed' });
  });

  it('go to the address that was checked, though the name answers another the next time', async () => {
    const server = await serve((_, response) => sendJson(response, {}));
    // 127.0.0.2 plays the public address: allowed, and nobody listens there.
    const answers = ['127.0.0.2', '127.0.0.1'];
    let lookups = 0;
    const agent = guardedAgent(new AddressGuard(['127.0.0.2']), (_, callback) => {
      callback(null, [{ address: answers[lookups++] ?? '127.0.0.1', family: 4 }]);
    });
    const url = server.url.replace('127.0.0.1', 'rebinding.example');
    await expect(fetch(url, { dispatcher: agent })).rejects.toThrow();
    expect(lookups).toBe(1);
    await expect(fetch(url, { dispatcher: agent })).rejects.toThrow();
    expect(server.calls).toEqual([]);
    await agent.destroy();
  });

  it('use only the allowed ones of several addresses', async () => {
    const server = await serve((_, response) => sendJson(response, {}));
    const agent = guardedAgent(new AddressGuard(['127.0.0.1']), (_, callback) => {
      callback(null, [
        { address: '10.0.0.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    });
    const response = await fetch(server.url.replace('127.0.0.1', 'two.example'), { dispatcher: agent });
    expect(response.status).toBe(200);
    await response.text();
    await agent.destroy();
  });

  it.each([['ftp://example.com/'], ['file:///etc/passwd'], ['no url'], ['http://user:secret@example.com/']])(
    'refuse %s',
    async (url) => {
      await expect(local.request({ url })).rejects.toMatchObject({ code: 'url_invalid' });
    },
  );
});

describe('redirects', () => {
  const secrets = { authorization: 'Bearer t', cookie: 'a=b', 'x-key': 'k', 'x-plain': 'p' };

  it('keep credentials at their origin', async () => {
    const other = await serve((_, response) => sendJson(response, {}));
    const server = await serve(({ url }, response) => {
      response.writeHead(307, { location: url === '/first' ? '/second' : other.url }).end();
    });
    await local.request({ url: `${server.url}/first`, headers: secrets, secretHeaders: ['X-Key'] });
    expect(server.calls[1]?.headers).toMatchObject(secrets);
    expect(other.calls[0]?.headers).toMatchObject({ 'x-plain': 'p' });
    for (const name of ['authorization', 'cookie', 'x-key']) expect(other.calls[0]?.headers).not.toHaveProperty(name);
  });

  it.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [307, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
    [302, 'PUT', 'PUT'],
  ])('%i turn %s into %s', async (status, method, next) => {
    const server = await serve(({ url }, response) => {
      if (url === '/to') sendJson(response, {});
      else response.writeHead(status, { location: '/to' }).end();
    });
    const body = method === 'HEAD' ? null : 'text';
    await local.request({ url: server.url, method, body, headers: { 'content-type': 'text/plain' } });
    const last = server.calls[1];
    expect([last?.method, last?.body]).toEqual([next, next === method && body ? body : '']);
    if (next === 'GET') expect(last?.headers).not.toHaveProperty('content-type');
  });

  it('end after ten', async () => {
    const server = await serve((_, response) => response.writeHead(302, { location: '/' }).end());
    await expect(local.request({ url: server.url })).rejects.toMatchObject({ code: 'too_many_redirects' });
    expect(server.calls).toHaveLength(11);
  });

  it('are answers when they are not to be followed', async () => {
    const server = await serve((_, response) => response.writeHead(302, { location: '/to' }).end());
    expect(await local.request({ url: server.url, followRedirects: false })).toMatchObject({ status: 302 });
  });
});

describe('outgoing calls that fail', () => {
  it('count the decoded body, not the declared one', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000));
    const server = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const call = local.request({ url: server.url, maxBytes: 100_000 });
    await expect(call).rejects.toMatchObject({ code: 'response_too_large' });
  });

  it('say timeout when the time is over', async () => {
    const server = await serve(() => undefined);
    const call = local.request({ url: server.url, timeoutMs: 20 });
    await expect(call).rejects.toMatchObject({ code: 'timeout', retryable: true });
  });

  it('say network_error when nobody answers', async () => {
    const server = await serve(() => undefined);
    await server.close();
    await expect(local.request({ url: server.url })).rejects.toMatchObject({ code: 'network_error', retryable: true });
  });

  it('end with the reason of the abort, and close the connection', async () => {
    const controller = new AbortController();
    let closed: Promise<void> | undefined;
    const server = await serve((_, response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      controller.abort('cancelled');
    });
    await expect(local.request({ url: server.url, signal: controller.signal })).rejects.toBe('cancelled');
    await closed;
  });
});

import { readFileSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { afterFile } from '../support/cleanup.js';
import { MAIL_PASSWORD, startDovecot, type TestDovecot } from '../support/dovecot.js';
import { eventually } from '../support/eventually.js';
import { ROOT } from '../support/paths.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { sendJson } from '../support/send-json.js';
import { freePort, requireService } from '../support/services.js';

const STEP = `steps: [{id: note, type: log, config: {message: "{{ input.subject }}"}}]`;
const indented = (config: object): string => JSON.stringify(config);

let count = 0;
const mailOf = (subject: string, more: { headers?: string; body?: string } = {}): string =>
  `Message-ID: <${(count += 1)}.${process.pid}@example.com>\r\nFrom: Ann <ann@example.com>\r\nTo: ops@example.com\r\n` +
  `Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n${more.headers ?? ''}Subject: ${subject}\r\n\r\n${more.body ?? 'hello'}\r\n`;

interface Occurrence {
  outcome: string;
  reason: { code: string; detail: string } | null;
  payload: Record<string, any>;
  execution_id: string | null;
}

describe.runIf(requireService('dovecot'))('email', () => {
  let dovecot: TestDovecot;
  let app: TestApp;
  let api: Api;

  const envOf = (user: string, port = dovecot.port, more = {}) => ({
    IMAP_SERVER: '127.0.0.1',
    IMAP_PORT: String(port),
    EMAIL_USER: user,
    EMAIL_PASSWORD: MAIL_PASSWORD,
    EMAIL_CHECK_INTERVAL: '1s',
    ...more,
  });

  beforeAll(async () => {
    dovecot = await startDovecot();
    for (const folder of ['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7']) await dovecot.create('main', folder);
    app = await startApp(envOf('main'));
    api = app.api;
  });

  let made = 0;
  async function deployed(config: object, on: Api = api): Promise<{ workflow: string; trigger: string }> {
    const workflow = await on.create(
      `name: mail ${(made += 1)} ${process.pid}\n${STEP}\ntriggers: [{type: email, config: ${indented(config)}}]`,
    );
    const answer = await on.post(`/deployment/workflows/${workflow}/deploy`);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return { workflow, trigger: answer.body.triggers[0].id as string };
  }

  async function ledger(trigger: string, on: Api = api): Promise<Occurrence[]> {
    const items: Occurrence[] = [];
    for (let cursor = ''; ;) {
      const { body } = await on.get(`/triggers/${trigger}/occurrences?limit=200${cursor}`);
      items.push(...(body.items as Occurrence[]));
      if (body.next_cursor === null) return items.toReversed();
      cursor = `&cursor=${encodeURIComponent(body.next_cursor as string)}`;
    }
  }
  const outcomes = async (trigger: string, on: Api = api) =>
    (await ledger(trigger, on)).map(({ outcome, payload }) => [payload['subject'], outcome]);
  const executions = (on: TestApp, workflow: string) =>
    on.db.database.query<{ id: string; input: any }>(`SELECT id, input FROM execution WHERE workflow_id = $1`, [
      workflow,
    ]);

  it('fires on what comes after the deployment, with the mail as input, and marks it as read', async () => {
    await dovecot.deliver('main', [mailOf('old')], 'F1');
    const { workflow, trigger } = await deployed({ folder: 'F1' });
    const body =
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee attached\r\n' +
      '--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n' +
      'Content-ID: <c1>\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--b--';
    const raw = `Message-ID: <new@example.com>\r\nFrom: Ann <ann@example.com>\r\nTo: ops@example.com\r\nSubject: new\r\n${body}\r\n`;
    await dovecot.deliver('main', [raw], 'F1');
    await eventually(async () => expect(await outcomes(trigger)).toEqual([['new', 'fired']]));
    const [execution] = await executions(app, workflow);
    expect(execution?.input).toMatchObject({
      message_id: 'new@example.com',
      subject: 'new',
      from: [{ name: 'Ann', address: 'ann@example.com' }],
      text: 'see attached',
      folder: 'F1',
      attachments: [
        {
          name: 'a.pdf',
          type: 'application/pdf',
          size: 5,
          sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
          content_id: 'c1',
          refused: null,
          file: { name: 'a.pdf' },
        },
      ],
    });
    const { url } = execution?.input.attachments[0].file as { url: string };
    expect(await api.get(url.replace('/api/v1', ''))).toMatchObject({ status: 200, body: 'hello' });
    await api.reaches(execution?.id ?? '', 'completed');
    await eventually(async () => {
      const flags = await dovecot.flags('main', 'F1');
      expect([flags.get('old')?.includes('\\Seen'), flags.get('new')?.includes('\\Seen')]).toEqual([false, true]);
    });
    await eventually(async () =>
      expect((await api.get(`/triggers/${trigger}`)).body.health).toMatchObject({
        status: 'healthy',
        connected_since: expect.any(String) as string,
        last_looked: expect.any(String) as string,
      }),
    );
  });

  it('start: unseen takes what nobody has read; since: what came at or after a date', async () => {
    await dovecot.deliver('main', [mailOf('one'), mailOf('two')], 'F2');
    const unseen = await deployed({ folder: 'F2', start: 'unseen', mark_read: false });
    await eventually(async () => expect(await outcomes(unseen.trigger)).toHaveLength(2));
    const past = await deployed({ folder: 'F2', start: { since: '2026-01-01' }, mark_read: false });
    await eventually(async () => expect(await outcomes(past.trigger)).toHaveLength(2));
    await dovecot.deliver('main', [mailOf('three')], 'F2');
    await eventually(async () => {
      expect((await outcomes(unseen.trigger)).at(-1)).toEqual(['three', 'fired']);
      expect((await outcomes(past.trigger)).at(-1)).toEqual(['three', 'fired']);
    });
    const future = await deployed({ folder: 'F2', start: { since: '2099-01-01' }, mark_read: false });
    await dovecot.deliver('main', [mailOf('four')], 'F2');
    await eventually(async () => expect(await outcomes(future.trigger)).toEqual([['four', 'fired']]));
  });

  it('says by which filter a mail was left out', async () => {
    const filters = [
      { from: ['*@elsewhere.com', 'bob'] },
      { to: 'billing@' },
      { cc: '/./' },
      { subject: '/^Order \\d+$/' },
      { body: '*total*' },
      { header: { 'X-Kind': 'order' } },
      { has_attachment: true },
      { min_size: 100_000 },
      { max_size: 10 },
    ];
    const triggers = [];
    for (const filter of filters) triggers.push((await deployed({ folder: 'F3', ...filter })).trigger);
    const replies = await deployed({ folder: 'F3' });
    await dovecot.deliver(
      'main',
      [mailOf('plain'), mailOf('away', { headers: 'Auto-Submitted: auto-replied\r\n' })],
      'F3',
    );
    for (const [index, trigger] of triggers.entries()) {
      const code = Object.keys(filters[index] ?? {})[0];
      await eventually(async () => expect((await ledger(trigger)).length).toBe(2));
      expect((await ledger(trigger))[0], code).toMatchObject({ outcome: 'filtered', reason: { code } });
    }
    await eventually(async () =>
      expect(await ledger(replies.trigger)).toMatchObject([
        { outcome: 'fired' },
        { outcome: 'filtered', reason: { code: 'skip_auto_replies' } },
      ]),
    );
  });

  it('keeps attachments as files, within the caps; their content is counted as decoded', async () => {
    const { workflow, trigger } = await deployed({
      folder: 'F7',
      attachments: { max_count: 2, max_size: 6, types: ['text/*'] },
      mark_read: false,
    });
    const part = (name: string, type: string, content: string): string =>
      `--b\r\nContent-Type: ${type}; name=${name}\r\nContent-Disposition: attachment; filename=${name}; size=1\r\n` +
      `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(content).toString('base64')}\r\n`;
    const body = [
      part('a.txt', 'text/plain', 'sixsix'),
      part('b.txt', 'text/plain', 'seven77'),
      part('c.pdf', 'application/pdf', 'pdf'),
      part('a.txt', 'text/plain', 'two'),
      part('d.txt', 'text/plain', 'three'),
      '--b--',
    ].join('');
    const headers = 'Content-Type: multipart/mixed; boundary=b\r\n';
    await dovecot.deliver('main', [mailOf('capped', { headers, body })], 'F7');
    await eventually(async () => expect(await outcomes(trigger)).toEqual([['capped', 'fired']]));
    const [{ id, input } = { id: '', input: null }] = await executions(app, workflow);
    const seen = (input.attachments as any[]).map(({ size, refused, file }) => [size, refused, file?.name ?? null]);
    expect(seen).toEqual([
      [6, null, 'a.txt'],
      [7, 'max_size', null],
      [3, 'types', null],
      [3, null, 'a-2.txt'],
      [5, 'max_count', null],
    ]);
    const { items } = (await api.get(`/executions/${id}/files`)).body as { items: any[] };
    expect(items.map(({ name, size, step_path }) => [name, size, step_path])).toEqual([
      ['a.txt', 6, null],
      ['a-2.txt', 3, null],
    ]);
    expect((await api.get((items[1].url as string).replace('/api/v1', ''))).body).toBe('two');
  });

  it('moves, flags and deletes after the commit, and only what it took', async () => {
    const move = await deployed({ folder: 'F4', subject: 'move', move_to: 'Done', flag: 'handled' });
    const gone = await deployed({ folder: 'F4', subject: 'delete', delete: true });
    await dovecot.deliver('main', [mailOf('move me'), mailOf('delete me'), mailOf('keep me')], 'F4');
    await eventually(async () => {
      expect(await outcomes(move.trigger)).toHaveLength(3);
      expect(await outcomes(gone.trigger)).toHaveLength(3);
      expect([...(await dovecot.flags('main', 'F4')).keys()]).toEqual(['keep me']);
    });
    const moved = await dovecot.flags('main', 'Done');
    expect(moved.get('move me')).toMatch(/\\Seen/);
    expect(moved.get('move me')).toMatch(/handled/);
  });

  it('a paused trigger keeps its cursor: what came meanwhile fires when it is resumed', async () => {
    const { trigger } = await deployed({ folder: 'F5' });
    await api.post(`/triggers/${trigger}/pause`, { reason: 'holiday' });
    await dovecot.deliver('main', [mailOf('meanwhile')], 'F5');
    const other = await deployed({ folder: 'F5', start: 'unseen', mark_read: false });
    await eventually(async () => expect(await outcomes(other.trigger)).toEqual([['meanwhile', 'fired']]));
    expect(await outcomes(trigger)).toEqual([]);
    await api.post(`/triggers/${trigger}/resume`);
    await eventually(async () => expect(await outcomes(trigger)).toEqual([['meanwhile', 'fired']]));
  });

  it('1,000 mails at once give 1,000 executions, with two replicas, one of which is lost', async () => {
    const one = await startApp(envOf('bulk'));
    const two = await startApp(envOf('bulk'), one.db);
    const { workflow, trigger } = await deployed({ mark_read: true }, one.api);
    await dovecot.pour(
      'bulk',
      Array.from({ length: 1_000 }, (_, n) => mailOf(`bulk ${n}`)),
    );
    await eventually(async () => expect((await executions(one, workflow)).length).toBeGreaterThan(50));
    await one.close();
    await eventually(async () => expect((await executions(two, workflow)).length).toBe(1_000), 90_000);
    const subjects = new Set((await executions(two, workflow)).map(({ input }) => input.subject as string));
    expect(subjects.size).toBe(1_000);
    expect((await ledger(trigger, two.api)).filter(({ outcome }) => outcome !== 'fired')).toEqual([]);
    await eventually(async () => {
      const flags = [...(await dovecot.flags('bulk')).values()];
      expect(flags.filter((text) => text.includes('\\Seen'))).toHaveLength(1_000);
    });
  }, 150_000);

  it('another UIDVALIDITY: the folder is read anew, and what was recorded is a duplicate', async () => {
    const { workflow, trigger } = await deployed({ folder: 'F6' });
    await dovecot.deliver('main', [mailOf('first'), mailOf('second')], 'F6');
    await eventually(async () => expect(await outcomes(trigger)).toHaveLength(2));
    await dovecot.renumber('main', 'F6');
    await dovecot.deliver('main', [mailOf('third')], 'F6');
    await eventually(async () => {
      const all = await outcomes(trigger);
      expect(all.filter(([, outcome]) => outcome === 'fired').map(([subject]) => subject)).toEqual([
        'first',
        'second',
        'third',
      ]);
      expect(all.filter(([, outcome]) => outcome === 'duplicate')).toHaveLength(2);
    });
    expect(await executions(app, workflow)).toHaveLength(3);
  });

  describe('whose server', () => {
    let proxy: FlakyProxy;
    let flaky: TestApp;
    let trigger = '';
    const health = async () => (await flaky.api.get(`/triggers/${trigger}`)).body.health as Record<string, unknown>;
    const healthy = () =>
      eventually(async () => expect(await health()).toMatchObject({ status: 'healthy', last_error: null }));

    beforeAll(async () => {
      proxy = await startFlakyProxy(dovecot.port);
      flaky = await startApp(envOf('flaky', proxy.port));
      ({ trigger } = await deployed({}, flaky.api));
      await healthy();
    });

    it('drops the connection is connected to again', async () => {
      proxy.drop();
      await dovecot.deliver('flaky', [mailOf('after the drop')]);
      await eventually(async () => expect((await outcomes(trigger, flaky.api)).at(-1)?.[0]).toBe('after the drop'));
      await healthy();
    });

    it('falls silent without closing is noticed, shown as unhealthy, and connected to again', async () => {
      proxy.silence();
      await dovecot.deliver('flaky', [mailOf('into the silence')]);
      await eventually(async () => expect(await health()).toMatchObject({ status: 'unhealthy' }));
      expect(String((await health())['last_error'])).toMatch(/not answered within|closed/);
      const overall = await flaky.api.get('/health');
      expect(overall.body).toMatchObject({ checks: { triggers: 'degraded' } });
      proxy.heal();
      await eventually(async () => expect((await outcomes(trigger, flaky.api)).at(-1)?.[0]).toBe('into the silence'));
      await healthy();
    }, 60_000);

    it('is restarted loses nothing', async () => {
      await dovecot.stop();
      await eventually(async () => expect(await health()).toMatchObject({ status: 'unhealthy' }));
      await dovecot.start();
      await dovecot.deliver('flaky', [mailOf('after the restart')]);
      await eventually(async () => expect((await outcomes(trigger, flaky.api)).at(-1)?.[0]).toBe('after the restart'));
      await healthy();
      const subjects = (await outcomes(trigger, flaky.api)).map(([subject]) => subject as string);
      expect(new Set(subjects).size).toBe(subjects.length);
    }, 60_000);
  });

  it('the example of the guide works as it stands there', async () => {
    const [yaml = ''] = /(?<=```yaml\n).*?(?=```)/s.exec(readFileSync(`${ROOT}/docs/guides/email.md`, 'utf8')) ?? [];
    const workflow = await api.create(yaml);
    const { body } = await api.post(`/deployment/workflows/${workflow}/deploy`);
    await dovecot.deliver('main', [
      mailOf('an order', {
        headers: 'Content-Type: multipart/mixed; boundary=b\r\n',
        body: '--b\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment\r\n\r\n1,2\r\n--b--',
      }),
      mailOf('an order without attachment'),
    ]);
    await eventually(async () =>
      expect(await ledger(body.triggers[0].id as string)).toMatchObject([
        { outcome: 'fired' },
        { outcome: 'filtered', reason: { code: 'has_attachment' } },
      ]),
    );
    const [{ id } = { id: '' }] = await executions(app, workflow);
    const logs = await eventually(async () => {
      await api.reaches(id, 'completed');
      return (await api.get(`/executions/${id}/logs`)).body.items as { message: string }[];
    });
    expect(logs.map(({ message }) => message)).toContain('ann@example.com: an order');
  });

  describe('by a connection', () => {
    const TOKENS = new Map([['good token', 'oscar']]);
    let asked: RecordingServer;
    let oauth: TestDovecot;
    const connected = (name: string, more: object) =>
      api.post('/connections', {
        name,
        type: 'imap',
        config: { host: '127.0.0.1', port: oauth.port, secure: false, username: 'oscar', ...more },
      });

    beforeAll(async () => {
      asked = await startRecordingServer((call, response) => {
        const username = TOKENS.get(new URLSearchParams(call.body).get('token') ?? '');
        sendJson(response, username === undefined ? { active: 'false' } : { active: 'true', username });
      });
      oauth = await startDovecot(`${asked.url}/introspect`);
    });

    it('with a password', async () => {
      expect((await connected('plain', { password: MAIL_PASSWORD, username: 'paul' })).status).toBe(201);
      const { trigger } = await deployed({ connection: 'plain' });
      await oauth.deliver('paul', [mailOf('by password')]);
      await eventually(async () => expect(await outcomes(trigger)).toEqual([['by password', 'fired']]));
    });

    it('with an OAuth2 token that the server checks (XOAUTH2)', async () => {
      expect((await connected('oauth', { access_token: 'good token' })).status).toBe(201);
      const { trigger } = await deployed({ connection: 'oauth' });
      await oauth.deliver('oscar', [mailOf('by token')]);
      await eventually(async () => expect(await outcomes(trigger)).toEqual([['by token', 'fired']]));
      expect(asked.calls.length).toBeGreaterThan(0);
    });

    it('whose token the server refuses, says so in its health, shows no token, and misses nothing', async () => {
      await connected('stale', { access_token: 'stale token', username: 'otto' });
      const { trigger } = await deployed({ connection: 'stale' });
      const health = await eventually(async () => {
        const { body } = await api.get(`/triggers/${trigger}`);
        expect(body.health).toMatchObject({ status: 'unhealthy', last_error: expect.any(String) as string });
        return JSON.stringify(body);
      });
      expect(health).not.toContain('stale token');
      await oauth.deliver('otto', [mailOf('while it was locked out')]);
      TOKENS.set('stale token', 'otto');
      await eventually(async () => expect(await outcomes(trigger)).toEqual([['while it was locked out', 'fired']]));
    });
  });

  it('refuses patterns that cannot be read, and says where', async () => {
    const { body } = await api.call(
      'POST',
      '/workflows/validate',
      `name: wrong\n${STEP}\ntriggers: [{type: email, config: {subject: "/(/", delete: true, move_to: Done, start: later}}]`,
      { 'content-type': 'application/yaml' },
    );
    expect(body.valid).toBe(false);
    expect((body.errors as { path: string }[]).map(({ path }) => path)).toContain('triggers[0].config.start');
  });

  it('without an account says so in its health', async () => {
    const bare = await startApp();
    const { trigger } = await deployed({}, bare.api);
    await eventually(async () => {
      const { health } = (await bare.api.get(`/triggers/${trigger}`)).body;
      expect(health).toMatchObject({
        status: 'unhealthy',
        last_error: expect.stringContaining('IMAP_SERVER') as string,
      });
      expect(health.restarts).toBeGreaterThanOrEqual(1);
    });
  });
});

interface FlakyProxy {
  readonly port: number;
  /** Cuts all connections. */
  drop(): void;
  /** From now on nothing passes, and nothing is closed. */
  silence(): void;
  heal(): void;
}

async function startFlakyProxy(target: number): Promise<FlakyProxy> {
  const port = await freePort();
  const pairs = new Set<readonly [Socket, Socket]>();
  let isSilent = false;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
      pairs.delete(pair);
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    client.on('data', (chunk: Buffer) => isSilent || upstream.write(chunk));
    upstream.on('data', (chunk: Buffer) => isSilent || client.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  const drop = (): void => {
    for (const [client, upstream] of pairs) {
      client.destroy();
      upstream.destroy();
    }
  };
  afterFile(() => {
    drop();
    server.close();
  });
  return { port, drop, silence: () => void (isSilent = true), heal: () => void (isSilent = false) };
}

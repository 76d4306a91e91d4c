import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ExecutionStarter, type AcceptedFile, type StartRequest } from '../../src/engine/engine.contract.js';
import { ExecutionFiles } from '../../src/engine/files/execution-files.service.js';
import { CHUNK_BYTES } from '../../src/engine/files/file-content.js';
import { step, type Api } from '../support/api.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startRecordingServer, type Answer, type RecordingServer } from '../support/recording-server.js';

let app: TestApp;
let api: Api;
let server: RecordingServer;
let answer: Answer;

beforeAll(async () => {
  app = await startApp({ FILE_MAX_SIZE: '3MiB', EXECUTION_FILES_MAX_SIZE: '5MiB' });
  api = app.api;
  server = await startRecordingServer((call, response) => answer(call, response));
});

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const filesOf = async (id: string): Promise<any[]> => (await api.get(`/executions/${id}/files`)).body.items as any[];
const download = (url: string): Promise<Response> => fetch(app.url + url, { headers: { 'x-api-key': ADMIN_KEY } });
const chunksOf = async (id: string): Promise<number> =>
  (await app.db.database.query('SELECT FROM execution_file_chunk WHERE execution_id = $1', [id])).length;
const pattern = (bytes: number): Buffer => Buffer.alloc(bytes, 'pattern of some length ');

describe('a file step', () => {
  it('writes, reads and lists files, which the API lists and sends', async () => {
    const { id, output } = await api.run(`
name: files
steps:
  - {id: save, type: file, config: {operation: write, name: "Bericht é.csv", content: "a,b\\n1,é", type: text/csv}}
  - {id: data, type: file, config: {operation: write, name: data.json, content: "{{ {'n': [1]} }}", format: json}}
  - {id: bytes, type: file, config: {operation: write, name: x.bin, content: AP8=, format: base64}}
  - {id: again, type: file, config: {operation: read, name: data.json, format: json}}
  - {id: raw, type: file, config: {operation: read, name: "{{ steps.bytes.output.id }}", format: base64}}
  - {id: all, type: file, config: {operation: list}}
output: {data: "{{ steps.again.output.content }}", raw: "{{ steps.raw.output.content }}", count: "{{ steps.all.output.count }}"}
`);
    expect(output).toEqual({ data: { n: [1] }, raw: 'AP8=', count: 3 });
    const items = await filesOf(id);
    expect(items.map(({ name, type, size, step_path }) => ({ name, type, size, step_path }))).toEqual([
      { name: 'Bericht é.csv', type: 'text/csv', size: 8, step_path: 'save' },
      { name: 'data.json', type: 'application/json', size: 9, step_path: 'data' },
      { name: 'x.bin', type: 'application/octet-stream', size: 2, step_path: 'bytes' },
    ]);
    const sent = await download(items[0].url as string);
    expect(sent.status).toBe(200);
    expect(await sent.text()).toBe('a,b\n1,é');
    expect(items[0].sha256).toBe(sha256('a,b\n1,é'));
    expect(Object.fromEntries(sent.headers)).toMatchObject({
      'content-type': 'text/csv',
      'content-length': '8',
      'content-disposition': `attachment; filename="Bericht _.csv"; filename*=UTF-8''Bericht%20%C3%A9.csv`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  it("fails rather than replace another step's file, unless it is told to", async () => {
    const two = (name: string, more: string): string => `
name: ${name}
steps:
  - {id: one, type: file, config: {operation: write, name: a.txt, content: one}}
  - {id: two, type: file, config: {operation: write, name: a.txt, content: two${more}}}`;
    const refused = await api.run(two('refused', ''));
    expect(refused.error).toMatchObject({ code: 'file_exists', step_path: 'two' });
    const replaced = await api.run(two('replaced', ', overwrite: true'));
    const [file, ...others] = await filesOf(replaced.id);
    expect(others).toEqual([]);
    expect(file).toMatchObject({ step_path: 'two', sha256: sha256('two') });
    expect(await chunksOf(replaced.id)).toBe(1);
  });

  it('that is tried again replaces its own file', async () => {
    const workflow = await api.create(`
name: tried again
steps:
  - {id: save, type: file, config: {operation: write, name: a.txt, content: "{{ string(execution.attempt) }}"}}
  - {id: call, type: http, config: {url: "${server.url}/later"}}`);
    answer = (_call, response) => response.writeHead(500).end();
    const id = await api.start(workflow);
    await api.reaches(id, 'failed');
    const [first] = await filesOf(id);
    answer = (_call, response) => response.end('{}');
    await api.post(`/executions/${id}/retry`, { from_step: 'save' });
    await api.reaches(id, 'completed');
    const files = await filesOf(id);
    expect(files).toMatchObject([{ id: first.id, sha256: sha256('2') }]);
    expect(await chunksOf(id)).toBe(1);
  });

  it.each([
    ['../a', 'x', 'file_name_invalid'],
    ['a\\u0000b', 'x', 'file_name_invalid'],
  ])('refuses the name %j', async (name, content, code) => {
    const ended = await api.run(`
name: refused
steps:
  - {id: save, type: file, config: {operation: write, name: "${name}", content: ${content}}}`);
    expect(ended.error).toMatchObject({ code });
  });

  it('fails for a file that is not there', async () => {
    const ended = await api.run(`
name: missing
steps:
  - {id: load, type: file, config: {operation: read, name: nothing.txt}}`);
    expect(ended.error).toMatchObject({ code: 'file_not_found', step_path: 'load' });
  });

  it('writes text without secrets', async () => {
    await api.call('PUT', '/secrets/pin', { value: 'correct-horse-battery' });
    const { id } = await api.run(`
name: secretive
steps:
  - {id: save, type: file, config: {operation: write, name: a.txt, content: "pin: {{ secrets.pin }}"}}`);
    const [file] = await filesOf(id);
    expect(await (await download(file.url as string)).text()).toBe('pin: ***');
  });
});

describe('the limits of files', () => {
  const http = (name: string, count: number): string =>
    `name: ${name}\nsteps:\n` +
    Array.from(
      { length: count },
      (_, index) => `  - {id: f${index}, type: http, config: {url: "${server.url}/f.bin", response: file}}\n`,
    ).join('');

  it('hold for one file, to the byte, and leave nothing of one that is refused', async () => {
    for (const [bytes, status] of [
      [3 * 2 ** 20, 'completed'],
      [3 * 2 ** 20 + 1, 'failed'],
    ] as const) {
      answer = (_call, response) => response.end(pattern(bytes));
      const ended = await api.run(http(`one ${bytes}`, 1));
      expect(ended.status).toBe(status);
      expect(await chunksOf(ended.id)).toBe(status === 'completed' ? 3 : 0);
      if (status === 'failed') expect(ended.error).toMatchObject({ code: 'file_too_large' });
    }
  });

  it('hold for all files of an execution together', async () => {
    answer = (_call, response) => response.end(pattern(2 * 2 ** 20));
    const ended = await api.run(http('together', 3));
    expect(ended.error).toMatchObject({ code: 'files_too_large', step_path: 'f2' });
    expect((await filesOf(ended.id)).map(({ name }) => name as string)).toEqual(['f.bin', 'f-2.bin']);
  });
});

describe('a body that an http step keeps as a file', () => {
  it('comes back byte for byte, over the border of its chunks', async () => {
    const sent = pattern(CHUNK_BYTES * 2 + 1);
    answer = (_call, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(sent);
    const ended = await api.run(`
name: kept
steps:
  - {id: fetch, type: http, config: {url: "${server.url}/cat.png", response: file}}`);
    const [file] = await filesOf(ended.id);
    expect(step(ended, 'fetch').output.body).toEqual(file);
    expect(file).toMatchObject({ name: 'cat.png', type: 'image/png', size: sent.length, sha256: sha256(sent) });
    const received = Buffer.from(await (await download(file.url as string)).arrayBuffer());
    expect(received.equals(sent)).toBe(true);
  });

  it('is kept for an expected answer only', async () => {
    answer = (_call, response) => response.writeHead(404).end('no such cat');
    const ended = await api.run(`
name: refused
steps:
  - {id: fetch, type: http, config: {url: "${server.url}/cat.png", response: file}}`);
    expect(ended.error).toMatchObject({ code: 'http_404' });
    expect(await filesOf(ended.id)).toEqual([]);
  });
});

describe('an owner that was replaced', () => {
  it('writes no file, and leaves nothing of it behind', async () => {
    const held: (() => void)[] = [];
    answer = (_call, response) => void held.push(() => response.end('{}'));
    const id = await api.start(
      await api.create(`name: held\nsteps:\n  - {id: call, type: http, config: {url: "${server.url}/held"}}`),
    );
    await eventually(() => expect(held).toHaveLength(1));
    const [{ epoch } = { epoch: 0 }] = await app.db.database.query<{ epoch: number }>(
      'SELECT epoch FROM execution WHERE id = $1',
      [id],
    );
    const write = (content: string | AsyncIterable<Uint8Array>, ifTaken: 'replace' | 'fail' = 'replace') =>
      app.app
        .get(ExecutionFiles)
        .write(
          { executionId: id, epoch, stepPath: 'call' },
          { name: 'a.txt', type: undefined, content, ifTaken },
          new AbortController().signal,
        );
    const raise = 'UPDATE execution SET epoch = epoch + $2 WHERE id = $1';
    await write('first');
    async function* replacedMeanwhile(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(CHUNK_BYTES);
      await app.db.database.query(raise, [id, 1]);
      yield Buffer.from('late');
    }
    await expect(write(replacedMeanwhile())).rejects.toMatchObject({ code: 'execution_replaced' });
    await expect(write('stale')).rejects.toMatchObject({ code: 'execution_replaced' });
    await expect(write('')).rejects.toMatchObject({ code: 'execution_replaced' });
    await app.db.database.query(raise, [id, -1]);
    expect(await filesOf(id)).toMatchObject([{ sha256: sha256('first') }]);
    expect(await chunksOf(id)).toBe(1);
    held.forEach((finish) => finish());
    await api.reaches(id, 'completed');
  });
});

describe('files that come with what starts an execution', () => {
  const request = async (files: readonly AcceptedFile[], key: string | null): Promise<StartRequest> => ({
    occurrence: null,
    execution: {
      workflowId: await api.create(`name: accepted ${newId()}\nsteps:
  - {id: load, type: file, config: {operation: read, name: a.txt}}`),
      version: 1,
      input: {},
      variables: {},
      priority: 5,
      triggerId: null,
      triggerType: 'api',
      trigger: null,
      createdBy: null,
      files,
    },
    key: key === null ? null : { scope: newId(), key, ttlMs: 60_000 },
  });
  const text = (name: string, content: string): AcceptedFile => ({
    name,
    type: 'text/plain',
    content: Buffer.from(content),
  });

  it('are accepted with it, under names of their own, and its steps read them', async () => {
    const { executionId } = await app.app
      .get(ExecutionStarter)
      .start(await request([text('../a.txt', 'one'), text('a.txt', 'two')], null));
    const ended = await api.reaches(executionId ?? '', 'completed');
    expect(step(ended, 'load').output).toMatchObject({ content: 'one', step_path: null });
    expect((await filesOf(ended.id)).map(({ name }) => name as string)).toEqual(['a.txt', 'a-2.txt']);
  });

  it('are the uploads of a webhook', async () => {
    const workflow = await api.create(`
name: uploads
steps:
  - {id: all, type: file, config: {operation: list}}
triggers:
  - {type: webhook, config: {path: /uploads}}`);
    expect((await api.post(`/deployment/workflows/${workflow}/deploy`)).status).toBe(201);
    const form = new FormData();
    form.set('note', 'hi');
    form.append('doc', new File(['abc'], 'a.txt', { type: 'text/plain' }));
    form.append('doc', new File(['def'], 'b.txt', { type: 'text/plain' }));
    const answer = await fetch(`${app.url}/webhook/uploads`, { method: 'POST', body: form });
    const { execution_id } = (await answer.json()) as { execution_id: string };
    const ended = await api.reaches(execution_id, 'completed');
    expect(ended.output).toMatchObject({ count: 2 });
    expect(await filesOf(ended.id)).toMatchObject([
      { name: 'a.txt', type: 'text/plain', sha256: sha256('abc'), step_path: null },
      { name: 'b.txt', type: 'text/plain', sha256: sha256('def'), step_path: null },
    ]);
  });

  describe('named by the payload', () => {
    const upload = async (path: string, headers: Record<string, string> = {}): Promise<any> => {
      const form = new FormData();
      form.append('doc', new File(['abc'], 'a.txt', { type: 'text/plain' }));
      form.append('doc', new File(['def'], 'a.txt', { type: 'text/plain' }));
      const answer = await fetch(`${app.url}/webhook/${path}`, { method: 'POST', body: form, headers });
      expect(answer.status).toBe(202);
      return answer.json();
    };
    const deployed = async (path: string, more = ''): Promise<string> => {
      const workflow = await api.create(`
name: ${path}
steps:
  - {id: second, type: file, config: {operation: read, name: "{{ input.doc[1].file.name }}"}}
triggers:
  - {type: webhook, config: {path: /${path}${more}}}`);
      const { body } = await api.post(`/deployment/workflows/${workflow}/deploy`);
      return body.triggers[0].id as string;
    };
    const ledger = async (trigger: string): Promise<any[]> =>
      (await api.get(`/triggers/${trigger}/occurrences`)).body.items as any[];

    it('are stored once: the payload says where they are, and steps read them by that', async () => {
      const trigger = await deployed('named');
      const ended = await api.reaches((await upload('named')).execution_id as string, 'completed');
      expect(step(ended, 'second').output.content).toBe('def');
      const files = await filesOf(ended.id);
      const [{ payload }] = await ledger(trigger);
      expect(payload).toMatchObject({ raw_body: null, content_type: expect.stringContaining('multipart') as string });
      expect(payload.body.doc).toEqual(
        files.map(({ id, name, url }) => {
          const content = name === 'a.txt' ? 'abc' : 'def';
          const file = { id: id as string, name: name as string, url: url as string };
          return { field: 'doc', name: 'a.txt', type: 'text/plain', size: 3, sha256: sha256(content), file };
        }),
      );
      const { url } = payload.body.doc[1].file as { url: string };
      expect((await api.get(url.replace('/api/v1', ''))).body).toBe('def');
    });

    it('are not there where nothing started: filtered, or a duplicate', async () => {
      const filtered = await deployed(
        'named-filtered',
        '}, filter: "trigger.payload.body.doc[0].size > 3", dedup: {ttl: 1d',
      );
      expect(await upload('named-filtered')).toMatchObject({ execution_id: null, status: 'filtered' });
      const [left] = await ledger(filtered);
      expect(left.payload.body.doc).toMatchObject([{ name: 'a.txt', file: null }, { file: null }]);
      const twice = await deployed('named-twice');
      for (const key of ['k', 'k']) await upload('named-twice', { 'idempotency-key': key });
      const [second, first] = await ledger(twice);
      expect(second).toMatchObject({
        outcome: 'duplicate',
        payload: { body: { doc: [{ file: null }, { file: null }] } },
      });
      expect(first.payload.body.doc[0].file.name).toBe('a.txt');
    });

    it('are copied by a replay, whose payload names the copies; what is gone is named no longer', async () => {
      const trigger = await deployed('named-again');
      const { execution_id: first } = await upload('named-again');
      await api.reaches(first as string, 'completed');
      const [{ id: occurrence }] = await ledger(trigger);
      const { body } = await api.post(`/occurrences/${occurrence as string}/replay`);
      const ended = await api.reaches(body.execution_id as string, 'completed');
      expect(step(ended, 'second').output.content).toBe('def');
      const ids = (await filesOf(ended.id)).map(({ id }) => id as string);
      expect((await ledger(trigger))[0].payload.body.doc.map((doc: any) => doc.file.id as string)).toEqual(ids);
      await app.db.database.query('DELETE FROM execution_file WHERE execution_id = $1', [first]);
      const again = await api.post(`/occurrences/${occurrence as string}/replay`);
      await api.reaches(again.body.execution_id as string, 'failed');
      expect((await ledger(trigger))[0].payload.body.doc).toMatchObject([
        { name: 'a.txt', file: null },
        { file: null },
      ]);
    });

    it('are refused when one is too large, and the ledger says so', async () => {
      const trigger = await deployed('named-large', ', max_body: 16777216');
      const form = new FormData();
      form.append('doc', new File([Buffer.alloc(3 * 2 ** 20 + 1)], 'a.bin'));
      const answer = await fetch(`${app.url}/webhook/named-large`, { method: 'POST', body: form });
      expect(answer.status).toBe(413);
      expect(await ledger(trigger)).toMatchObject([
        { outcome: 'rejected', reason: { code: 'file_too_large' }, payload: { body: { doc: { file: null } } } },
      ]);
    });
  });

  it('are not kept twice for a duplicate', async () => {
    const starter = app.app.get(ExecutionStarter);
    const sent = await request([text('a.txt', 'one')], 'same');
    const first = await starter.start(sent);
    const second = await starter.start(sent);
    expect(second).toMatchObject({ duplicate: true, executionId: first.executionId });
    expect(
      await app.db.database.query('SELECT FROM execution_file WHERE execution_id = $1', [first.executionId]),
    ).toHaveLength(1);
  });

  it('are refused with it when they are too large', async () => {
    const large = { name: 'a.bin', content: Buffer.alloc(3 * 2 ** 20 + 1) };
    await expect(app.app.get(ExecutionStarter).start(await request([large], null))).rejects.toMatchObject({
      code: 'file_too_large',
      status: 413,
    });
  });

  it('come along into a new execution, as do those of the steps whose results it keeps', async () => {
    const workflow = await api.create(`
name: come along
steps:
  - {id: save, type: file, config: {operation: write, name: a.txt, content: kept}}
  - {id: fail, type: fail, config: {message: "no"}, when: "{{ input.fail == true }}"}
  - {id: load, type: file, depends_on: [save, fail], join: all_done, config: {operation: read, name: a.txt}}`);
    const id = await api.start(workflow, { input: { fail: true } });
    await api.reaches(id, 'failed');
    const { body } = await api.post(`/executions/${id}/retry`, { input: { fail: false } });
    const ended = await api.reaches(body.execution_id as string, 'completed');
    expect(step(ended, 'load').output.content).toBe('kept');
    expect((await filesOf(ended.id))[0].id).not.toBe((await filesOf(id))[0].id);
  });
});

it('files are for those who may see their execution, and go with it', async () => {
  const { id } = await api.run(`
name: removed
steps:
  - {id: save, type: file, config: {operation: write, name: a.txt, content: x}}`);
  const [file] = await filesOf(id);
  const url = (file.url as string).replace('/api/v1', '');
  expect((await fetch(app.url + (file.url as string))).status).toBe(401);
  expect((await api.get(url.replace(/[^/]+$/, newId()))).body).toMatchObject({ code: 'file_not_found' });
  const other = await api.run(`name: other\nsteps:\n  - {id: a, type: set, config: {values: {a: 1}}}`);
  expect((await api.get(url.replace(id, other.id))).status).toBe(404);
  expect((await api.call('DELETE', `/executions/${id}`)).status).toBe(204);
  expect((await api.get(url)).status).toBe(404);
  expect(await chunksOf(id)).toBe(0);
});

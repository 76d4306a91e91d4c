import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../common/errors/app-error.js';
import { readBody } from './body.js';

const read = (text: string | Uint8Array, type: string | undefined): Promise<unknown> =>
  Promise.resolve()
    .then(() => readBody(Buffer.from(text as string), type))
    .then(({ value }) => value);

describe('the body of a delivery', () => {
  it('is read by its content type', async () => {
    expect(await read('{"a":[1]}', 'application/json; charset=utf-8')).toEqual({ a: [1] });
    expect(await read('{"a":1}', 'application/cloudevents+json')).toEqual({ a: 1 });
    expect(await read('a=1&b=2&a=3', 'application/x-www-form-urlencoded')).toEqual({ a: ['1', '3'], b: '2' });
    expect(await read('<a/>', 'application/xml')).toBe('<a/>');
    expect(await read('hello', 'text/plain')).toBe('hello');
    expect(await read('', 'application/octet-stream')).toBeNull();
  });

  it('may be multipart with files', async () => {
    const form = new FormData();
    form.set('note', 'hi');
    form.set('doc', new File(['abc'], 'a.txt', { type: 'text/plain' }));
    const sent = new Response(form);
    const bytes = Buffer.from(await sent.arrayBuffer());
    const { value, uploads } = await readBody(bytes, sent.headers.get('content-type') ?? '');
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const shown = { field: 'doc', name: 'a.txt', type: 'text/plain', size: 3, sha256, file: null };
    expect(value).toEqual({ note: 'hi', doc: shown });
    expect(uploads.map(({ content }) => content.toString())).toEqual(['abc']);
    expect((value as { doc: unknown }).doc).toBe(uploads[0]?.shown);
  });

  it('may hold a part of binary data that names no file', async () => {
    const part =
      '--b\r\nContent-Disposition: form-data; name="x"\r\nContent-Type: application/octet-stream\r\n\r\nabc\r\n--b--';
    const { uploads } = await readBody(Buffer.from(part), 'multipart/form-data; boundary=b');
    expect(uploads).toMatchObject([{ shown: { field: 'x', name: '', size: 3 } }]);
  });

  it.each([
    ['{', 'application/json', 400],
    [new Uint8Array([0xff, 0xfe]), 'application/json', 400],
    [new Uint8Array([0xff, 0xfe]), 'text/plain', 400],
    ['x', 'multipart/form-data; boundary=b', 400],
    ['x', 'image/png', 415],
  ])('%j of type %s is refused with %i', async (body, type, status) => {
    await expect(read(body, type)).rejects.toMatchObject({ status });
  });

  it('never fails otherwise, whatever comes', async () => {
    const types = [
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/xml',
      ';',
      undefined,
    ];
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...types), async (bytes, type) => {
        const error: unknown = await read(bytes, type).then(
          () => null,
          (cause: unknown) => cause,
        );
        expect(error === null || (error instanceof AppError && error.status < 500)).toBe(true);
      }),
    );
  });

  it('keeps __proto__ as data', async () => {
    const body = (await read('__proto__=1', 'application/x-www-form-urlencoded')) as object;
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect(Object.keys(body)).toEqual(['__proto__']);
  });
});

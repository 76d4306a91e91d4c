import { describe, expect, it } from 'vitest';
import { readCloudEvents } from './read-cloud-events.js';

const NOW = new Date('2030-01-01T00:00:00Z');
const GOOD = { specversion: '1.0', id: 'a', source: '/shop', type: 'order.paid' };
const read = (body: unknown, headers = {}) => readCloudEvents(headers, body, NOW);

describe('events as they are sent', () => {
  it('are read in the structured mode, with the time of arrival where they name none', () => {
    expect(read({ ...GOOD, data: { a: 1 }, shop: 7 })).toEqual({
      faults: [],
      events: [{ ...GOOD, time: '2030-01-01T00:00:00.000Z', data: { a: 1 }, shop: 7 }],
    });
  });

  it('are read in the binary mode, headers decoded, data by their content type', () => {
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': '/%C3%A9', 'ce-type': 'x', 'ce-shop': '7' };
    const event = { specversion: '1.0', id: 'a', source: '/é', type: 'x', shop: '7', time: NOW.toISOString() };
    expect(read({ a: 1 }, { ...headers, 'content-type': 'application/json' }).events).toEqual([
      { ...event, datacontenttype: 'application/json', data: { a: 1 } },
    ]);
    expect(read(Buffer.from('hi'), { ...headers, 'content-type': 'text/plain' }).events).toEqual([
      { ...event, datacontenttype: 'text/plain', data: 'hi' },
    ]);
    expect(read(Buffer.from([1, 2]), { ...headers, 'content-type': 'image/png' }).events).toEqual([
      { ...event, datacontenttype: 'image/png', data_base64: 'AQI=' },
    ]);
  });

  it('are read as a batch, all or none', () => {
    expect(read([GOOD, { ...GOOD, id: 'b' }]).events).toHaveLength(2);
    expect(read([GOOD, { ...GOOD, id: 5 }]).faults).toMatchObject([{ path: '[1].id', code: 'value_invalid' }]);
    expect(read(Array.from({ length: 1001 }, () => GOOD)).faults).toMatchObject([{ code: 'batch_too_large' }]);
  });

  it.each([
    [{ ...GOOD, id: '' }, 'id', 'field_required'],
    [{ id: 'a', source: '/', type: 'x' }, 'specversion', 'field_required'],
    [{ ...GOOD, specversion: '0.3' }, 'specversion', 'value_invalid'],
    [{ ...GOOD, time: 'yesterday' }, 'time', 'value_invalid'],
    [{ ...GOOD, type: 'millrace.execution.failed' }, 'type', 'type_reserved'],
    [{ ...GOOD, millracedepth: 0 }, 'millracedepth', 'attribute_reserved'],
    [{ ...GOOD, 'my-field': 1 }, 'my-field', 'field_unknown'],
    [{ ...GOOD, extra: { a: 1 } }, 'extra', 'value_invalid'],
    ['text', '', 'value_invalid'],
  ])('are refused: %j', (event, path, code) => {
    expect(read(event).faults).toMatchObject([{ path, code }]);
  });
});

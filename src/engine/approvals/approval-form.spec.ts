import { describe, expect, it } from 'vitest';
import { fieldsOf, readForm } from './approval-form.js';

const SCHEMA = {
  type: 'object',
  required: ['count'],
  properties: {
    count: { type: 'integer', title: 'How many', description: 'whole ones' },
    price: { type: 'number' },
    sure: { type: 'boolean' },
    size: { enum: ['s', 7, true] },
    mail: { type: 'string', format: 'email' },
    day: { type: 'string', format: 'date', default: '2030-01-01' },
    note: { type: 'string', maxLength: 1000 },
    list: { type: 'array' },
  },
};

describe('the form of a JSON Schema', () => {
  it('has an input for each property, by its type and format', () => {
    const kinds = fieldsOf(SCHEMA).map(({ name, kind }) => [name, kind]);
    expect(Object.fromEntries(kinds)).toEqual({
      count: 'integer',
      price: 'number',
      sure: 'boolean',
      size: 'choice',
      mail: 'email',
      day: 'date',
      note: 'long_text',
      list: 'json',
    });
    expect(fieldsOf(SCHEMA)[0]).toMatchObject({ label: 'How many', help: 'whole ones', required: true });
    expect(fieldsOf({ type: 'array' })).toMatchObject([{ name: '', kind: 'json' }]);
  });

  it('gives back typed data: empty fields are left out, an unticked box is false', () => {
    const sent = new URLSearchParams('data.count=3&data.price=&data.size=7&data.list=[1]&data.mail=&data.other=x');
    expect(readForm(SCHEMA, sent)).toEqual({ count: 3, sure: false, size: 7, list: [1] });
    expect(readForm(SCHEMA, new URLSearchParams('data.sure=true&data.size=true'))).toEqual({ sure: true, size: true });
    expect(readForm({ type: 'array' }, new URLSearchParams('data=[2]'))).toEqual([2]);
  });

  it('leaves what cannot be read as text, for the schema to refuse', () => {
    const sent = new URLSearchParams('data.count=three&data.size=xl&data.list=[');
    expect(readForm(SCHEMA, sent)).toEqual({ count: 'three', sure: false, size: 'xl', list: '[' });
    const odd = new URLSearchParams({ 'data.count': ' ', 'data.price': '1e999' });
    expect(readForm(SCHEMA, odd)).toEqual({ count: ' ', price: '1e999', sure: false });
  });

  it('ends lines as they were typed, not as browsers send them', () => {
    const sent = new URLSearchParams({ 'data.note': 'one\r\ntwo' });
    expect(readForm(SCHEMA, sent)).toEqual({ note: 'one\ntwo', sure: false });
  });
});

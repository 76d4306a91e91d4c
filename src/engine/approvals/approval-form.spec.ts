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

  const NESTED = {
    type: 'object',
    required: ['to'],
    properties: {
      to: {
        type: 'object',
        title: 'Address',
        required: ['city'],
        default: { city: 'Bern' },
        properties: { city: { type: 'string' }, zip: { type: 'integer' } },
      },
      also: { type: 'object', required: ['city'], properties: { city: { type: 'string' }, fast: { type: 'boolean' } } },
      tags: { type: 'array', items: { enum: ['a', 1, true] }, default: ['a', 1] },
    },
  };

  it('has inputs for the fields of an object within, and a list of choices', () => {
    expect(fieldsOf(NESTED)).toMatchObject([
      { name: 'to.city', label: 'Address: city', required: true, values: ['Bern'] },
      { name: 'to.zip', kind: 'integer', required: false, values: [] },
      { name: 'also.city', required: false },
      { name: 'also.fast', kind: 'boolean' },
      { name: 'tags', kind: 'choices', choices: ['a', '1', 'true'], values: ['a', '1'] },
    ]);
    const sent = new URLSearchParams('data.to.city=Basel&data.to.zip=4000&data.also.city=&data.tags=1&data.tags=true');
    expect(readForm(NESTED, sent)).toEqual({ to: { city: 'Basel', zip: 4000 }, tags: [1, true] });
    const more = new URLSearchParams('data.also.fast=true&data.tags=x');
    expect(readForm(NESTED, more)).toEqual({ to: {}, also: { fast: true }, tags: ['x'] });
  });
});

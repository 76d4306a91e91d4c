import { describe, expect, it } from 'vitest';
import { suggestions } from './completion';
import { contextAt } from './text-context';

const HTTP = {
  type: 'http',
  kind: 'ACTION',
  title: 'HTTP request',
  description: '',
  ports: ['out'],
  schema: {
    type: 'object',
    required: ['url'],
    properties: {
      url: { type: 'string' },
      method: { enum: ['GET', 'POST'] },
      auth: { type: 'object', properties: { token: { type: 'string' } } },
    },
  },
};
const CRON = {
  type: 'cron',
  aliases: ['schedule'],
  title: 'Cron',
  description: '',
  schema: { type: 'object', properties: { cron: { type: 'string' } } },
};

/** `|` is where the cursor is. */
function labels(text: string): string[] {
  const at = text.indexOf('|');
  const place = contextAt(text.replace('|', ''), at);
  return suggestions(place, { nodes: [HTTP], triggers: [CRON] }).map(({ label }) => label);
}

describe('the editor suggests', () => {
  it('the fields of a definition that are not there yet', () => {
    expect(labels('name: x\n|')).toContain('steps');
    expect(labels('name: x\n|')).not.toContain('name');
  });

  it('the fields of a step, in either indentation of lists', () => {
    expect(labels('steps:\n  - id: a\n    |')).toContain('depends_on');
    expect(labels('steps:\n- id: a\n  |')).toContain('depends_on');
    expect(labels('steps:\n  - |')).toContain('type');
  });

  it('node types and trigger types, each at its place', () => {
    expect(labels('steps:\n  - id: a\n    type: |')).toEqual(['http']);
    expect(labels('triggers:\n  - type: |')).toEqual(['cron']);
  });

  it('the fields of the config by the type of the step, also of an inner object', () => {
    expect(labels('steps:\n  - id: a\n    type: http\n    config:\n      |')).toEqual(['url', 'method', 'auth']);
    expect(labels('steps:\n  - id: a\n    config:\n      url: x\n      |\n    type: http\n')).toEqual([
      'method',
      'auth',
    ]);
    expect(labels('steps:\n  - id: a\n    type: http\n    config:\n      auth:\n        |')).toEqual(['token']);
  });

  it('the config of a nested step by its own type', () => {
    const text =
      'steps:\n  - id: a\n    type: condition\n    config:\n      then:\n        - id: b\n          type: http\n          config:\n            |';
    expect(labels(text)).toEqual(['url', 'method', 'auth']);
  });

  it('the config of a trigger, by an alias too', () => {
    expect(labels('triggers:\n  - type: schedule\n    config:\n      |')).toEqual(['cron']);
  });

  it('the values of an enumeration', () => {
    expect(labels('steps:\n  - id: a\n    type: http\n    config:\n      method: |')).toEqual(['GET', 'POST']);
  });
});

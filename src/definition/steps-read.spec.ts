import { describe, expect, it } from 'vitest';
import { FakeCatalogue } from '../../test/support/fake-catalogue.js';
import { parseDefinition } from './definition.js';
import type { Plan } from './plan.js';
import { stepsReadIn } from './steps-read.js';

function planOf(body: string): Plan {
  const { plan, errors } = parseDefinition(
    `name: n
steps:
  - {id: a, type: log, config: {message: x}}
  - {id: b, type: log, config: {message: x}}
  - {id: each, type: loop, config: {items: "{{ steps.a.output }}", steps: ${body}}}
`,
    new FakeCatalogue(),
  );
  expect(errors).toEqual([]);
  return plan as Plan;
}

const read = (body: string): string[] | null => {
  const ids = stepsReadIn(planOf(body), 'each[].');
  return ids === null ? null : [...ids].sort();
};

describe('the steps that are read inside a loop', () => {
  it('are those that its expressions name, in config, conditions and mappings, however deep', () => {
    const inner = '{id: y, type: log, when: steps.b.status == "completed", config: {message: x}}';
    expect(read(`[{id: x, type: set, config: {values: {v: "{{ steps.a.output }}"}}}]`)).toEqual(['a']);
    expect(read(`[{id: x, type: condition, config: {expression: item, then: [${inner}]}}]`)).toEqual(['b']);
    expect(read(`[{id: x, type: log, input_mapping: {v: '{{ steps["b"].output }}'}, config: {message: x}}]`)).toEqual([
      'b',
    ]);
  });

  it('are none when only the loop itself names them', () => {
    expect(read('[{id: x, type: log, config: {message: "{{ item }}"}}]')).toEqual([]);
  });

  it('are not known when a name is computed', () => {
    expect(read('[{id: x, type: log, config: {message: "{{ steps[item].output }}"}}]')).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeCatalogue } from '../../test/support/fake-catalogue.js';
import { compilePlan, parseDefinition, planSummary } from './definition.js';

const catalogue = new FakeCatalogue();

const WORDS = [
  'name',
  'steps',
  'id',
  'type',
  'config',
  'log',
  'loop',
  'condition',
  'then',
  'depends_on',
  'a',
  'b',
  'nodes',
];
const word = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.constantFrom('{{ steps.a.output }}', '{{', 'triggers', 'cron', 'when'),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    word,
    fc.integer({ min: -2, max: 12 }),
    fc.constantFrom(null, true, false),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(word, tie('value'), { maxKeys: 5 }),
  ),
})).value;

describe('the parser', () => {
  it('never throws on any text', () =>
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from('{}[]:,-"\'#&*!|> \n\ta1')) })),
        (text) => {
          for (const format of [undefined, 'yaml', 'json'] as const) parseDefinition(text, catalogue, format);
        },
      ),
      { numRuns: 300 },
    ));

  it('never throws on any JSON, and says something about what it refuses', () =>
    fc.assert(
      fc.property(value, fc.boolean(), (part, asSteps) => {
        const input = { name: 'n', [asSteps ? 'steps' : 'nodes']: part };
        for (const source of [input, JSON.stringify(input)]) {
          const { plan, definition, errors } = parseDefinition(source, catalogue);
          expect(errors.length > 0).toBe(plan === null);
          expect(plan === null).toBe(definition === null);
          for (const fault of errors) expect(fault.code).toMatch(/^[a-z][a-z0-9_]+$/);
        }
      }),
      { numRuns: 300 },
    ));
});

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
interface Shape {
  id: string;
  kind: 'log' | 'condition' | 'loop';
  inner: Shape[];
  is_parallel: boolean;
  priority: number;
}
const shapes = fc.letrec<{ list: Shape[] }>((tie) => ({
  list: fc.uniqueArray(
    fc.record<Shape>({
      id,
      kind: fc.constantFrom('log', 'condition', 'loop'),
      inner: fc.oneof({ maxDepth: 3, depthIdentifier: 'steps' }, fc.constant<Shape[]>([]), tie('list')),
      is_parallel: fc.boolean(),
      priority: fc.integer({ min: 1, max: 10 }),
    }),
    { selector: (shape) => shape.id, minLength: 1, maxLength: 5, depthIdentifier: 'steps' },
  ),
})).list;

function toSteps(list: Shape[]): object[] {
  return list.map((shape) => {
    const common = { id: shape.id, type: shape.kind, is_parallel: shape.is_parallel, priority: shape.priority };
    if (shape.kind === 'log') return { ...common, config: { message: '{{ input.x }}' } };
    if (shape.kind === 'loop') return { ...common, config: { times: 2 }, steps: toSteps(shape.inner) };
    return { ...common, config: { expression: 'input.x == 1', then: toSteps(shape.inner) } };
  });
}

describe('a valid definition', () => {
  it('is normalised to one that gives the same plan, once and for all', () =>
    fc.assert(
      fc.property(shapes, (list) => {
        const first = parseDefinition({ name: 'n', steps: toSteps(list) }, catalogue);
        expect(first.errors).toEqual([]);
        const second = parseDefinition(JSON.stringify(first.definition), catalogue, 'json');
        expect(second.definition).toEqual(first.definition);
        expect(planSummary(second.plan!)).toEqual(planSummary(first.plan!));
        expect(planSummary(compilePlan(first.definition!, catalogue))).toEqual(planSummary(first.plan!));
      }),
    ));

  it('has every step of its scopes by path, after what it depends on', () =>
    fc.assert(
      fc.property(shapes, (list) => {
        const { plan } = parseDefinition({ name: 'n', steps: toSteps(list) }, catalogue);
        const seen = new Set<string>();
        for (const [path, step] of plan!.steps) {
          expect(step.path).toBe(path);
          const prefix = path.slice(0, path.length - step.id.length);
          for (const { on } of step.dependsOn) expect(seen.has(`${prefix}${on}`)).toBe(true);
          seen.add(path);
        }
      }),
    ));
});

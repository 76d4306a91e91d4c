import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';

const PAGE = readFileSync(new URL('../../docs/reference/nodes.md', import.meta.url), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/```yaml\n(.*?)```/gs)].map(
  ([, text]) => parse(text ?? '') as { id: string; type: string; config: Record<string, unknown> },
);

let types: NodeTypesUnderTest;
beforeAll(async () => {
  types = await startNodeTypes({ scriptRuntimes: ['javascript', 'python'] });
});
afterAll(() => types.close());

describe('the reference of node types', () => {
  it.each(EXAMPLES.map((step) => [step.id, step] as const))('has a valid example %s', (_id, { type, config }) => {
    expect(types.registry.describe(type).check(config)).toEqual([]);
  });

  it('has an example of every type', () => {
    const shown = new Set(EXAMPLES.map(({ type }) => type));
    expect([...shown].sort()).toEqual(
      types.registry
        .nodeTypes()
        .map(({ type }) => type)
        .sort(),
    );
  });

  it('names every field of every type', () => {
    for (const { schema } of types.registry.nodeTypes()) {
      for (const field of Object.keys(schema['properties'] as object)) expect(PAGE).toContain(field);
    }
  });
});

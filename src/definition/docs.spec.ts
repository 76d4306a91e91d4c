import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FakeCatalogue } from '../../test/support/fake-catalogue.js';
import { DEFINITION_CODES } from './definition.codes.js';
import { parseDefinition } from './definition.js';
import { compileExpression } from './expressions/expression.js';

const page = (name: string): string => readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8');
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].flatMap(([, found, body]) =>
    found === language ? [body ?? ''] : [],
  );

describe('docs/reference/definition.md', () => {
  const text = page('definition.md');
  const examples = [...blocks(text, 'yaml'), ...blocks(text, 'json')];
  it.each(examples)('has examples that compile: %s', (source) => {
    expect(parseDefinition(source, new FakeCatalogue()).errors).toEqual([]);
  });
  it('has examples', () => expect(examples.length).toBeGreaterThanOrEqual(4));
});

describe('docs/reference/expressions.md', () => {
  const text = page('expressions.md');
  const input: unknown = JSON.parse(blocks(text, 'json')[0] ?? '');
  const lines = blocks(text, 'cel').flatMap((block) => block.trim().split('\n'));
  it.each(lines)('%s', (line) => {
    const [, source, expected] = /^(.*?)\s+\/\/ (.*)$/.exec(line)!;
    expect(compileExpression(source!).evaluate({ input })).toEqual(JSON.parse(expected!));
  });
  it('has examples', () => expect(lines.length).toBeGreaterThan(50));
});

describe('docs/reference/definition-errors.md', () => {
  it('lists every code with its meaning, and no other', () => {
    const rows = [...page('definition-errors.md').matchAll(/^\| `(\w+)` \| (.*) \|$/gm)];
    expect(Object.fromEntries(rows.map(([, code, meaning]) => [code, meaning]))).toEqual(DEFINITION_CODES);
  });
});

import { isPlainObject } from '../expressions/values.js';
import { parseSource } from '../parse/parse-source.js';
import { readReference } from './step-template.js';

/** What is written as `template: name@version` anywhere in a definition, or in the steps of a template. */
export function templateReferences(input: string | object): { name: string; version: number | null }[] {
  if (typeof input === 'string' && !input.includes('template')) return [];
  const found = new Map<string, { name: string; version: number | null }>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isPlainObject(value)) return;
    const { template } = value;
    const reference = typeof template === 'string' ? readReference(template) : null;
    if (reference !== null) found.set(`${reference.name}@${reference.version}`, reference);
    Object.values(value).forEach(visit);
  };
  visit(parseSource(input).value);
  return [...found.values()];
}

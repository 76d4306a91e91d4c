import { soleTemplate, splitTemplate } from '../expressions/split-template.js';
import { isPlainObject } from '../expressions/values.js';

/** A value, which may hold templates, as one CEL expression. */
export function celSource(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(celSource).join(', ')}]`;
  if (isPlainObject(value)) {
    const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${celSource(item)}`);
    return `{${fields.join(', ')}}`;
  }
  if (typeof value === 'string') return textSource(value);
  return typeof value === 'number' ? `(${value})` : JSON.stringify(value ?? null);
}

function textSource(text: string): string {
  if (!text.includes('{{')) return JSON.stringify(text);
  const sole = soleTemplate(text);
  if (sole !== null) return `(${sole})`;
  const parts = splitTemplate(text).map((part) =>
    typeof part === 'string' ? JSON.stringify(part) : `string(${part.source})`,
  );
  return `(${parts.join(' + ')})`;
}

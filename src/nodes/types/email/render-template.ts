import { NodeError } from '../../nodes.errors.js';

const PLACEHOLDER = /\{\{\s*([\w.-]+)\s*\}\}/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Puts `data` in place of `{{ name }}` and `{{ a.b }}`. @throws NodeError `template_failed` for what `data` does not have */
export function renderTemplate(text: string, data: Readonly<Record<string, unknown>>, isHtml: boolean): string {
  return text.replace(PLACEHOLDER, (_whole, path: string) => {
    const value = path.split('.').reduce<unknown>(fieldOf, data);
    if (value === undefined) throw new NodeError('template_failed', `The template shows "${path}", which data has not`);
    const shown = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
    return isHtml ? shown.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign) : shown;
  });
}

function fieldOf(value: unknown, name: string): unknown {
  const isOwn = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return isOwn ? (value as Record<string, unknown>)[name] : undefined;
}

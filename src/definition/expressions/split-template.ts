import { InvalidExpressionError } from './expression.errors.js';

/** Text between templates, or the CEL source of one. */
export type TemplatePart = string | { readonly source: string };

/**
 * Splits `a {{ x }} b`. Braces and quotes inside an expression are CEL's: `{{ {"a": "}}"} }}` is one template.
 * Two braces as text are written `{{ '{{' }}`. @throws InvalidExpressionError code `template_unclosed`
 */
export function splitTemplate(text: string, path = ''): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf('{{', from);
    if (open < 0) break;
    const close = findClose(text, open + 2);
    if (close < 0) {
      const message = `"${text.slice(open, open + 60)}" opens a template and does not close it.`;
      throw new InvalidExpressionError(
        'template_unclosed',
        message,
        path,
        "End it with }}, or write {{ '{{' }} for text.",
      );
    }
    if (open > from) parts.push(text.slice(from, open));
    parts.push({ source: text.slice(open + 2, close).trim() });
    from = close + 2;
  }
  if (from < text.length || parts.length === 0) parts.push(text.slice(from));
  return parts;
}

/** The source of a string that is one template and nothing else, blanks aside; else null. */
export function soleTemplate(text: string): string | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{{')) return null;
  const close = findClose(trimmed, 2);
  return close >= 0 && close === trimmed.length - 2 ? trimmed.slice(2, close).trim() : null;
}

function findClose(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"' || character === "'") {
      at = endOfString(text, at);
      if (at < 0) return -1;
    } else if (character === '{') depth += 1;
    else if (character === '}') {
      if (depth === 0) return text[at + 1] === '}' ? at : -1;
      depth -= 1;
    }
  }
  return -1;
}

/** The index of a CEL string's last quote, or -1. */
function endOfString(text: string, start: number): number {
  const quote = text[start] ?? '';
  const delimiter = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  for (let at = start + delimiter.length; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text.startsWith(delimiter, at)) return at + delimiter.length - 1;
  }
  return -1;
}

import type { Fault } from '../cli.errors.js';
import { oneLine, printable } from './printable.js';
import type { Style } from './style.js';

/** Characters of a source line that are shown around its fault. */
const SHOWN = 100;

/**
 * A fault as compilers show them, so that editors can jump to it: `file:line:column: error code: message`, the line, and a
 * caret below the place.
 */
export function faultText(
  fault: Fault,
  file: string,
  source: string,
  style: Style,
  kind: 'error' | 'warning' = 'error',
): string {
  const place = [file, fault.line, fault.column].filter((part) => part !== undefined).join(':');
  const where = fault.path === undefined || fault.path === '' ? '' : ` ${style.dim(`(${oneLine(fault.path)})`)}`;
  const paint = kind === 'error' ? style.red : style.yellow;
  const code = fault.code === undefined ? '' : ` ${fault.code}`;
  const lines = [`${style.bold(place)}: ${paint(kind)}${code}: ${oneLine(fault.message)}${where}`];
  if (fault.line !== undefined) lines.push(...excerpt(source, fault.line, fault.column ?? 1, style));
  if (fault.hint !== undefined) lines.push(`  hint: ${oneLine(fault.hint)}`);
  return lines.join('\n');
}

function excerpt(source: string, line: number, column: number, style: Style): string[] {
  const text = source.split(/\r\n|\r|\n/)[line - 1];
  if (text === undefined) return [];
  const from = Math.max(0, column - 1 - SHOWN / 2);
  const before = text.slice(from, column - 1);
  const shown = (from > 0 ? '…' : '') + printable(text.slice(from, from + SHOWN));
  // Tabs stay tabs, so that the caret stands below its sign however wide they are shown.
  const indent = (from > 0 ? ' ' : '') + printable(before).replace(/[^\t]/g, ' ');
  const gutter = String(line);
  return [
    `  ${style.dim(`${gutter} |`)} ${shown}`,
    `  ${style.dim(`${' '.repeat(gutter.length)} |`)} ${indent}${style.red('^')}`,
  ];
}

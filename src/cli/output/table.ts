import { oneLine } from './printable.js';
import { coloured, type Style } from './style.js';

export type Cell = string | number | boolean | null | undefined;

/** Columns side by side under their heads; `-` where there is nothing. The last column is as wide as it is. */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[], style: Style): string {
  const texts = rows.map((row) => heads.map((_head, column) => cellText(row[column])));
  const widths = heads.map((head, column) => Math.max(head.length, ...texts.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], paint: (text: string) => string): string =>
    cells
      .map((cell, column) => paint(cell) + ' '.repeat(Math.max(0, (widths[column] ?? 0) - cell.length)))
      .join('  ')
      .trimEnd();
  return [line(heads, style.bold), ...texts.map((row) => line(row, (cell) => coloured(cell, style)))].join('\n');
}

/** Names and values, one a line. */
export function fields(entries: readonly (readonly [string, Cell])[], style: Style): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${style.bold(name.padEnd(width))}  ${coloured(cellText(value), style)}`)
    .join('\n');
}

function cellText(value: Cell): string {
  return value === null || value === undefined || value === '' ? '-' : oneLine(String(value));
}

/** `2026-01-05 06:00:00Z`: UTC, to the second. */
export function time(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : text.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/** `35 ms`, `2.1 s`, `3 m 5 s`. */
export function duration(ms: number | null | undefined): string | null {
  if (ms === null || ms === undefined) return null;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} m ${Math.round((ms % 60_000) / 1_000)} s`;
}

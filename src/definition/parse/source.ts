import type { Fault } from '../../common/errors/app-error.js';

export type Segment = string | number;
export type Path = readonly Segment[];

/** A value of the text with its place. */
export interface SourceNode {
  readonly value: unknown;
  /** Offset of the value's first character. */
  readonly start: number;
  /** By key or index. */
  readonly children: ReadonlyMap<Segment, { readonly keyStart: number; readonly node: SourceNode }> | null;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A parsed text or object: its value, and where each part of it stands. */
export interface Source {
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** Of the value at `path`, or of the nearest part above it that exists; null for objects. */
  locate(path: Path, what?: 'key' | 'value'): Position | null;
}

export function formatPath(path: Path): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else text += text === '' ? segment : `.${segment}`;
  }
  return text;
}

/** `a[0].b` as segments. */
export function parsePath(text: string): Segment[] {
  const segments: Segment[] = [];
  for (const match of text.matchAll(/\[(\d+)\]|([^.[\]]+)/g)) {
    segments.push(match[1] === undefined ? (match[2] ?? '') : Number(match[1]));
  }
  return segments;
}

export function snakeCase(name: string): string {
  return /^[a-z][A-Za-z0-9]*$/.test(name)
    ? name.replaceAll(
        /([a-z0-9])([A-Z])/g,
        (_match, before: string, letter: string) => `${before}_${letter.toLowerCase()}`,
      )
    : name;
}

/** Walks as far as the path goes; names may be written in the other case than the path has them. */
export function locateNode(root: SourceNode, path: Path, what: 'key' | 'value'): number {
  let node = root;
  let offset = root.start;
  for (const [index, segment] of path.entries()) {
    const child = node.children?.get(segment) ?? otherCase(node, segment);
    if (!child) return offset;
    node = child.node;
    offset = what === 'key' && index === path.length - 1 ? child.keyStart : child.node.start;
  }
  return offset;
}

function otherCase(node: SourceNode, segment: Segment): { keyStart: number; node: SourceNode } | undefined {
  if (typeof segment !== 'string' || !node.children) return undefined;
  for (const [key, child] of node.children) {
    if (typeof key === 'string' && snakeCase(key) === segment) return child;
  }
  return undefined;
}

/** Line and column of an offset, both from 1. */
export class Lines {
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  at(offset: number): Position {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.starts[low] ?? 0) + 1 };
  }
}

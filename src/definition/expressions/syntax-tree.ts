/** The parts of cel-js's syntax tree that this module reads and hooks into; the library's typings leave most out. */
export interface SyntaxNode {
  readonly op: string;
  args: unknown;
  readonly start: number;
  readonly end: number;
  readonly meta: { alternate?: SyntaxNode; macro?: unknown };
  readonly checkedType?: { readonly kind: string; readonly name: string };
  /** What the checked node runs with its evaluated operands. */
  handle?: (...operands: never[]) => unknown;
  setMeta(key: string, value: unknown): SyntaxNode;
}

export interface Comprehension {
  readonly iterable: SyntaxNode;
  readonly iterVarName: string;
  readonly init: SyntaxNode;
  readonly step: SyntaxNode;
  condition?: (accumulated: unknown) => boolean;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'setMeta' in value;
}

/** The node itself, or what a macro (`map`, `filter`, …) was expanded to. */
export function expanded(node: SyntaxNode): SyntaxNode {
  return node.meta.alternate ?? node;
}

export function isComprehension(node: SyntaxNode): node is SyntaxNode & { args: Comprehension } {
  return node.op === 'comprehension';
}

export function children(node: SyntaxNode): SyntaxNode[] {
  if (isComprehension(node)) return [node.args.iterable, node.args.init, node.args.step];
  const found: SyntaxNode[] = [];
  collect(node.args, found);
  return found;
}

function collect(value: unknown, found: SyntaxNode[]): void {
  if (isNode(value)) found.push(expanded(value));
  else if (Array.isArray(value)) for (const item of value) collect(item, found);
}

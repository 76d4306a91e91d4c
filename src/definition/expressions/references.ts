import { children, expanded, isComprehension, isNode, type SyntaxNode } from './syntax-tree.js';

/** What an expression reads, as far as its text shows. */
export interface References {
  /** Ids of steps: `steps.x`, `steps["x-y"]`. */
  readonly steps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
  readonly env: ReadonlySet<string>;
  /** Names at the root: `input`, `steps`, `item`. */
  readonly names: ReadonlySet<string>;
}

export interface Reading {
  readonly references: References;
  /** Reads no name and calls nothing whose answer changes: it has one value for ever. */
  readonly isConstant: boolean;
  /** Is a name and fields of it: its value is part of the data, and needs no conversion. */
  readonly isPath: boolean;
  /** Literal patterns of `matches`. */
  readonly patterns: readonly string[];
}

const CHANGING: ReadonlySet<unknown> = new Set(['now', 'uuid']);
/** Types and namespaces that CEL knows as names. */
const BUILT_IN: ReadonlySet<string> = new Set(
  'string bool int uint double map list bytes null_type type google optional cel'.split(' '),
);

export function readExpression(root: SyntaxNode): Reading {
  const found = { steps: new Set<string>(), secrets: new Set<string>(), env: new Set<string>() };
  const names = new Set<string>();
  const patterns: string[] = [];
  let changes = false;
  const visit = (node: SyntaxNode, bound: ReadonlySet<string>): void => {
    if (node.op === 'id') noteName(node.args as string, bound, names);
    if (node.op === 'call' || node.op === 'rcall') {
      const [name, ...operands] = node.args as [unknown, ...unknown[]];
      if (CHANGING.has(name)) changes = true;
      if (name === 'matches') patterns.push(...literals(operands.flat().slice(-1)));
    }
    noteMember(node, bound, found);
    const inner = boundInside(node, bound);
    for (const child of children(node)) visit(child, inner);
  };
  visit(expanded(root), new Set());
  const references = { ...found, names };
  return { references, isConstant: names.size === 0 && !changes, isPath: isPath(root), patterns };
}

function noteName(name: string, bound: ReadonlySet<string>, names: Set<string>): void {
  if (!bound.has(name) && !BUILT_IN.has(name)) names.add(name);
}

/** `steps.x`, `steps.?x`, `steps["x"]`, and the same of `secrets` and `env`. */
function noteMember(node: SyntaxNode, bound: ReadonlySet<string>, found: Record<string, Set<string>>): void {
  if (!['.', '.?', '[]', '[?]'].includes(node.op)) return;
  const [left, right] = node.args as [SyntaxNode, unknown];
  if (left.op !== 'id' || bound.has(left.args as string)) return;
  const names = Object.hasOwn(found, left.args as string) ? found[left.args as string] : undefined;
  if (!names) return;
  if (typeof right === 'string') names.add(right);
  else for (const literal of literals([right])) names.add(literal);
}

function literals(nodes: readonly unknown[]): string[] {
  return nodes.flatMap((node) =>
    isNode(node) && node.op === 'value' && typeof node.args === 'string' ? [node.args] : [],
  );
}

/** Variables that macros introduce: `list.map(x, …)`, `cel.bind(x, …)`. */
function boundInside(node: SyntaxNode, bound: ReadonlySet<string>): ReadonlySet<string> {
  if (isComprehension(node)) return new Set([...bound, node.args.iterVarName]);
  if (node.op !== 'rcall') return bound;
  const [name, , operands] = node.args as [unknown, unknown, readonly unknown[]];
  const variable = operands[0];
  return name === 'bind' && isNode(variable) && variable.op === 'id'
    ? new Set([...bound, variable.args as string])
    : bound;
}

function isPath(node: SyntaxNode): boolean {
  if (node.meta.alternate !== undefined) return false;
  if (node.op === 'id') return true;
  if (node.op !== '.' && node.op !== '[]') return false;
  const [left, right] = node.args as [SyntaxNode, unknown];
  return isPath(left) && (typeof right === 'string' || (isNode(right) && right.op === 'value'));
}

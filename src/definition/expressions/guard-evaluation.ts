import { Optional } from '@marcbachmann/cel-js';
import { charge, chargeTurn, LARGEST_VALUE, sizeOf } from './budget.js';
import { join } from './functions.js';
import { matches } from './linear-regex.js';
import { children, isComprehension, type SyntaxNode } from './syntax-tree.js';
import { asOperand, equalPlain, FORBIDDEN_KEYS, isPlainObject } from './values.js';

/** A field, index or name that is not there. `default()` and `.?` know it from other failures. */
export class MissingValueError extends Error {}

interface Context {
  getValue(name: string): unknown;
}
type Operator = (left: unknown, right: unknown, node: SyntaxNode, evaluator: unknown) => unknown;
type Call = (operands: unknown[], ...rest: unknown[]) => unknown;

/**
 * Replaces what a checked tree does at the places where the library would be generous: variables and fields are read as
 * own properties of plain data only, `matches` goes to a linear-time engine, and macros, functions and operators are
 * charged to the budget. Runs once, when an expression is compiled. Returns how many nodes there are outside of macros.
 */
export function guardEvaluation(node: SyntaxNode): number {
  let nodes = 1;
  if (isComprehension(node)) {
    nodes += guardEvaluation(node.args.iterable) + guardEvaluation(node.args.init);
    guardLoop(node, guardEvaluation(node.args.step));
  } else {
    for (const child of children(node)) nodes += guardEvaluation(child);
    guardNode(node);
  }
  return nodes;
}

function guardLoop(node: SyntaxNode & { args: { condition?: (value: unknown) => boolean } }, stepNodes: number): void {
  const original = node.args.condition;
  node.args.condition = (value) => chargeTurn(stepNodes) && (original === undefined || original(value));
  const { handle } = node as { handle?: (items: unknown, ...rest: unknown[]) => unknown };
  if (handle !== undefined) node.handle = (items, ...rest) => handle(eachAsOperand(items), ...rest);
}

function eachAsOperand(items: unknown): unknown {
  if (!Array.isArray(items)) return asOperand(items);
  const list = items as readonly unknown[];
  return list.some((item) => asOperand(item) !== item) ? list.map(asOperand) : list;
}

function guardNode(node: SyntaxNode): void {
  if (node.op === 'id') {
    node.setMeta('evaluate', readVariable);
    return;
  }
  if (node.meta.macro !== undefined && node.op === 'call') guardHas(node);
  const original = node.handle;
  if (!original || node.meta.macro !== undefined) return;
  const left = (node.args as readonly SyntaxNode[])[0];
  switch (node.op) {
    case '.':
    case '[]':
      if (left?.checkedType?.name === 'dyn') node.handle = readField;
      return;
    case '.?':
    case '[?]':
      if (left?.checkedType?.name === 'dyn') node.handle = readOptionalField;
      return;
    case 'call':
    case 'rcall':
      node.handle = guardCall(node, original as Call);
      return;
    case '==':
      node.handle = guardEquality(original as Operator, false);
      return;
    case '!=':
      node.handle = guardEquality(original as Operator, true);
      return;
    case 'in':
      node.handle = guardMembership(original as Operator);
      return;
    case '+':
      node.handle = guardSum(original as Operator);
      return;
    case '<':
    case '<=':
    case '>':
    case '>=':
      node.handle = guardSizes(original as Operator);
  }
}

interface HasMacro {
  /** The accesses from the outermost inwards, the variable last. */
  readonly macroHasProps?: readonly SyntaxNode[];
  evaluate: (
    evaluator: { run(node: SyntaxNode, context: unknown): unknown },
    macro: HasMacro,
    context: unknown,
  ) => boolean;
}

/** `has(a.b.c)`: whether the field is there, and false as well when `a.b` is not. */
function guardHas(node: SyntaxNode): void {
  const macro = node.meta.macro as HasMacro;
  if (!macro.macroHasProps) return;
  macro.evaluate = (evaluator, { macroHasProps = [] }, context) => {
    const [root, ...accesses] = [...macroHasProps].reverse();
    let value = root === undefined ? undefined : evaluator.run(root, context);
    for (const access of accesses) value = fieldOf(value, (access.args as readonly unknown[])[1]);
    return value !== undefined;
  };
}

function readVariable(_evaluator: unknown, node: SyntaxNode, context: Context): unknown {
  const value = context.getValue(node.args as string);
  if (value === undefined) throw new MissingValueError(`"${node.args as string}" is not known here`);
  return value;
}

function readField(left: unknown, key: unknown): unknown {
  const value = fieldOf(left, key);
  if (value !== undefined) return value;
  throw new MissingValueError(missing(left, key));
}

function readOptionalField(left: unknown, key: unknown): Optional {
  if (left instanceof Optional) return left.hasValue() ? readOptionalField(left.value(), key) : left;
  return Optional.of(fieldOf(left, key));
}

function fieldOf(left: unknown, key: unknown): unknown {
  if (typeof left !== 'object' || left === null) return undefined;
  if (Array.isArray(left)) {
    const index = typeof key === 'bigint' ? Number(key) : key;
    return typeof index === 'number' ? data((left as unknown[])[index]) : undefined;
  }
  if (!isPlainObject(left)) return left instanceof Optional && left.hasValue() ? fieldOf(left.value(), key) : undefined;
  const name = typeof key === 'string' ? key : String(key);
  if (!Object.hasOwn(left, name) || FORBIDDEN_KEYS.has(name)) return undefined;
  return data(left[name]);
}

function data(value: unknown): unknown {
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
}

function missing(left: unknown, key: unknown): string {
  const name = String(key).slice(0, 100);
  if (Array.isArray(left)) return `the list of ${left.length} has no item ${name}`;
  if (typeof left === 'object' && left !== null) return `there is no field "${name}"`;
  return `there is no field "${name}": the value before it is ${left === null ? 'null' : `a ${typeof left}`}`;
}

function guardCall(node: SyntaxNode, original: Call): Call {
  const method = node.op === 'rcall' ? (node.args as readonly unknown[])[0] : null;
  return (operands, ...rest) => {
    let cost = 1;
    for (const operand of operands) cost += sizeOf(operand);
    charge(cost);
    const [receiver, argument] = operands;
    if (method === 'matches' && typeof receiver === 'string' && typeof argument === 'string') {
      return matches(receiver, argument);
    }
    // The library's own joins lists of text only.
    if (method === 'join' && Array.isArray(receiver))
      return join(receiver, typeof argument === 'string' ? argument : '');
    return original(operands.map(asOperand), ...rest);
  };
}

function guardEquality(original: Operator, negated: boolean): Operator {
  return (left, right, node, evaluator) => {
    const equal = equalPlain(left, right, charge);
    return equal === null ? original(asOperand(left), asOperand(right), node, evaluator) : equal !== negated;
  };
}

function guardMembership(original: Operator): Operator {
  return (value, container, node, evaluator) => {
    if (Array.isArray(container)) {
      charge(container.length);
      return container.some((item) => equalPlain(value, item, charge) === true);
    }
    if (isPlainObject(container) && typeof value === 'string') return fieldOf(container, value) !== undefined;
    return original(value, container, node, evaluator);
  };
}

function guardSum(original: Operator): Operator {
  return (left, right, node, evaluator) => {
    if (Array.isArray(left) && Array.isArray(right)) {
      charge(left.length + right.length);
      return [...(left as unknown[]), ...(right as unknown[])];
    }
    if (typeof left === 'string' && typeof right === 'string') {
      charge(1 + (right.length >> 5));
      if (left.length + right.length > LARGEST_VALUE) throw new Error('the text is too large');
      return left + right;
    }
    return original(asOperand(left), asOperand(right), node, evaluator);
  };
}

function guardSizes(original: Operator): Operator {
  return (left, right, node, evaluator) => {
    charge(1 + Math.min(sizeOf(left), sizeOf(right)));
    return original(asOperand(left), asOperand(right), node, evaluator);
  };
}

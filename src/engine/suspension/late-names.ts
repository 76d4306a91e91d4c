import { compileExpression } from '../../definition/expressions/expression.js';
import type { Names } from '../../definition/plan.js';

/** Late expressions of a suspended step by their field, each with the values that it reads of its execution. */
export type SuspendedExpressions = Readonly<Record<string, SuspendedExpression>>;

export interface SuspendedExpression {
  readonly source: string;
  readonly names: Names;
}

const LATE_NAMES = ['event'];

/** Keeps what the expression reads, steps only those that it names; never secrets. */
export function readBy(source: string, names: Names): SuspendedExpression {
  const { references } = compileLate(source, Object.keys(names));
  const read = Object.keys(names).filter((name) => references.names.has(name) && name !== 'secrets');
  const steps = (names['steps'] ?? {}) as Readonly<Record<string, unknown>>;
  const kept = Object.fromEntries(read.map((name) => [name, names[name]]));
  if ('steps' in kept && references.steps.size > 0)
    kept['steps'] = Object.fromEntries([...references.steps].map((id) => [id, steps[id]]));
  return { source, names: kept };
}

const COMPILED = new Map<string, ReturnType<typeof compileExpression>>();
const MOST_COMPILED = 5_000;

/** Compiled once for a text and the names around it. */
export function compileLate(source: string, names: readonly string[]): ReturnType<typeof compileExpression> {
  const all = [...new Set([...names, ...LATE_NAMES])].sort();
  const key = `${all.join(',')}\n${source}`;
  let compiled = COMPILED.get(key);
  if (compiled === undefined) {
    if (COMPILED.size >= MOST_COMPILED) COMPILED.clear();
    compiled = compileExpression(source, { names: all, path: 'config.match' });
    COMPILED.set(key, compiled);
  }
  return compiled;
}

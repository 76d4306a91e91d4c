import type { StepDefinition } from './definition.types.js';
import type { NestedScope, NodeTypeDescription } from './type-catalogue.js';

/**
 * The plan path of what stands in a scope: `check.big` (both branches of a condition share their ids), `fork.left.x`,
 * `each[].save`.
 */
export function scopePrefix(stepPath: string, scope: string): string {
  const branch = /^branches\.(.+)$/.exec(scope)?.[1];
  if (branch !== undefined) return `${stepPath}.${branch}.`;
  return scope === 'body' ? `${stepPath}[].` : `${stepPath}.`;
}

/** Names that expressions in a nested scope may use beside the usual ones; a loop's body sees `item` and `index`. */
export function namesInScope(
  type: NodeTypeDescription,
  config: Readonly<Record<string, unknown>>,
  scope: string,
): readonly string[] {
  if (type.scopeNames) return type.scopeNames(config, scope);
  if (scope !== 'body') return [];
  const variable = config['item_variable'];
  return typeof variable === 'string' ? ['item', 'index', variable] : ['item', 'index'];
}

/** Nested scopes whose steps are given, with those steps. */
export function scopesOf(
  step: StepDefinition,
  type: NodeTypeDescription | undefined,
): { readonly scope: NestedScope; readonly steps: readonly StepDefinition[] }[] {
  const config = step.config ?? {};
  if (!type) return [];
  return type.nested(config).flatMap((scope) => {
    let value: unknown = config;
    for (const segment of scope.at) value = (value as Record<string | number, unknown> | null | undefined)?.[segment];
    return Array.isArray(value) ? [{ scope, steps: value as StepDefinition[] }] : [];
  });
}

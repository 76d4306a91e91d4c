import type { CompiledExpression } from './expression.js';

/** What `filter`, `input` and `dedup.key` of a trigger see. */
export const TRIGGER_NAMES: readonly string[] = ['trigger', 'env'];

export interface UnknownName {
  readonly message: string;
  readonly hint: string;
}

/** Names that an expression reads and that its place does not know, although others do. */
export function unknownNames({ source, references }: CompiledExpression, known: readonly string[]): UnknownName[] {
  const hint = `Known here: ${known.join(', ')}`;
  return [...references.names]
    .filter((name) => !known.includes(name))
    .map((name) => ({ message: `{{ ${source.trim()} }}: "${name}" is not known here.`, hint }));
}

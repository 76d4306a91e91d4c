import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import type { Schemas } from '../api/client';
import type { JsonSchema } from '../ui/json-schema';
import { DEFINITION_SCHEMA, STEP_SCHEMA, TRIGGER_SCHEMA } from './definition-schema';
import { contextAt, type TextContext } from './text-context';

interface Types {
  readonly nodes: readonly Schemas['NodeTypeDto'][];
  readonly triggers: readonly Schemas['TriggerTypeDto'][];
}

/** Keys below which steps stand. */
const STEP_LISTS = new Set(['steps', 'on_failure', 'finally', 'then', 'else', 'default']);

/** Suggests keys, types and values from the JSON Schemas of the server's own types. */
export function completionSource(types: Types): CompletionSource {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\w.-]*/);
    if (word === null || (word.from === word.to && !context.explicit && !isValuePlace(context))) return null;
    const options = suggestions(contextAt(context.state.doc.toString(), context.pos), types);
    return options.length === 0 ? null : { from: word.from, options, validFor: /^[\w.-]*$/ };
  };
}

function isValuePlace(context: CompletionContext): boolean {
  return context.matchBefore(/(type|method|operation|level|join|on_error): $/) !== null;
}

/** @returns what may stand at this place. */
export function suggestions(place: TextContext, types: Types): Completion[] {
  const { schema, kind } = schemaAt(place, types);
  if (place.key === null) return keysOf(schema, place.siblings);
  if (place.key === 'type' && kind === 'step') return types.nodes.map(typeOption);
  if (place.key === 'type' && kind === 'trigger') return types.triggers.map(typeOption);
  const { enum: choices, type } = schema?.properties?.[place.key] ?? {};
  const values = choices ?? (type === 'boolean' ? [true, false] : []);
  return values.map((value) => ({ label: String(value), type: 'enum' }));
}

function typeOption({ type, title, description }: { type: string; title: string; description: string }): Completion {
  return { label: type, detail: title, info: description, type: 'class' };
}

function keysOf(schema: JsonSchema | undefined, siblings: ReadonlySet<string>): Completion[] {
  const { properties = {}, required = [] } = schema ?? {};
  return Object.entries(properties)
    .filter(([name]) => !siblings.has(name))
    .map(([name, field]) => ({
      label: name,
      apply: `${name}: `,
      type: 'property',
      detail: required.includes(name) ? 'required' : undefined,
      info: field.description,
      boost: required.includes(name) ? 2 : 0,
    }));
}

function schemaAt({ path, types: written }: TextContext, types: Types) {
  const list = path.findLastIndex((key) => STEP_LISTS.has(key) || key === 'triggers');
  const inner = path.slice(list + 1);
  if (list < 0) return { schema: walk(DEFINITION_SCHEMA, path), kind: 'definition' };
  const isTrigger = path[list] === 'triggers';
  const type = written[list + 1];
  const known = isTrigger
    ? types.triggers.find((each) => each.type === type || each.aliases.includes(type ?? ''))
    : types.nodes.find((each) => each.type === type);
  const around = isTrigger ? TRIGGER_SCHEMA : STEP_SCHEMA;
  const isConfig = inner[0] === 'config' || inner[0] === 'parameters';
  const schema = isConfig ? walk(known?.schema, inner.slice(1)) : walk(around, inner);
  return { schema, kind: inner.length > 0 ? 'inner' : isTrigger ? 'trigger' : 'step' };
}

function walk(schema: JsonSchema | undefined, path: readonly string[]): JsonSchema | undefined {
  let at = schema;
  for (const key of path) at = at?.properties?.[key] ?? at?.items?.properties?.[key];
  return at?.properties === undefined && at?.items !== undefined ? at.items : at;
}

import type { TypeCatalogue } from '../../definition/type-catalogue.js';

const LANGUAGE = `You write workflow definitions for Millrace, a workflow engine. Answer with one JSON object alone: the definition.

A definition: {"version": "1.0", "name": text, "description": text, "variables": {name: default}, "input_schema": JSON Schema,
"steps": [step], "triggers": [trigger], "output": template}. All but version, name and steps may be left out.
A step: {"id": snake_case, "type": a node type, "config": {…}, "depends_on": [ids], "when": expression, "timeout": "5m",
"retry_policy": {"max_attempts": 3, "initial_delay": "10s"}, "on_error": "fail" | "continue"}. Steps run in the order written unless
depends_on says otherwise. A trigger: {"type": a trigger type, "name": text, "config": {…}}.
Templates are text with {{ expression }}, where the expression is CEL: input.x, variables.x, secrets.x, steps.<id>.output.x, trigger.payload,
item and index inside a loop. Text that is one template keeps the value's type. Durations: "30s", "5m", "2h", "7d".
Use only the node types, trigger types and config fields listed below. Never write a password or key: write {{ secrets.name }}.`;

/** What a model has to know to write a definition for this server. */
export function instructions(catalogue: TypeCatalogue): string {
  const nodes = catalogue.nodeTypes().map(({ type, description, schema }) => describe(type, description, schema));
  const triggers = catalogue.triggerTypes().map(({ type, description, schema }) => describe(type, description, schema));
  return [LANGUAGE, '# Node types', ...nodes, '# Trigger types', ...triggers].join('\n');
}

function describe(type: string, description: string, schema: Readonly<Record<string, unknown>>): string {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, { description?: string; enum?: unknown }>>;
  const required = new Set((schema['required'] ?? []) as string[]);
  const fields = Object.entries(properties).map(([name, field]) => {
    const values = Array.isArray(field.enum) ? ` (${field.enum.join(' | ')})` : '';
    return `${name}${required.has(name) ? '*' : ''}${values}: ${field.description ?? ''}`;
  });
  return `${type}: ${description} ${fields.join(' ')}`;
}

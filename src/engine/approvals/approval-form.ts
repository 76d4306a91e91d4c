import type { JsonSchema } from '../../common/validation/json-schema.js';

/** One input of the page; `name` is a property of the form's schema, with dots one within another, empty for the whole. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly kind:
    'text' | 'long_text' | 'number' | 'integer' | 'boolean' | 'choice' | 'choices' | 'email' | 'date' | 'json';
  readonly required: boolean;
  readonly choices: readonly string[];
  /** Several for `choices` only. */
  readonly values: readonly string[];
}

/** Longer texts get more than a line. */
const ONE_LINE = 200;

/** The fields of a JSON Schema, those of objects within it too. What no input fits is written as JSON. */
export function fieldsOf(schema: JsonSchema): FormField[] {
  if (!isGroup(schema)) return [{ ...EMPTY, label: text(schema['title']) || 'Data (JSON)', kind: 'json' }];
  return fieldsWithin(schema, { name: '', label: '', required: true, given: schema['default'] });
}

interface Group {
  /** What names and labels within it begin with. */
  readonly name: string;
  readonly label: string;
  readonly required: boolean;
  readonly given: unknown;
}

function fieldsWithin(schema: JsonSchema, group: Group): FormField[] {
  return propertiesOf(schema).flatMap(([property, rules, isRequired]) => {
    const name = group.name + property;
    const label = group.label + (text(rules['title']) || property);
    const required = group.required && isRequired;
    const given = rules['default'] ?? asRecord(group.given)?.[property];
    if (isGroup(rules)) return fieldsWithin(rules, { name: `${name}.`, label: `${label}: `, required, given });
    const kind = kindOf(rules);
    return [
      {
        name,
        label,
        help: text(rules['description']),
        kind,
        required,
        choices: choicesOf(rules).map(choice),
        values: given === undefined ? [] : (kind === 'choices' && Array.isArray(given) ? given : [given]).map(choice),
      },
    ];
  });
}

/** What a browser sends for these fields, as data. What cannot be read stays text, and the schema refuses it. */
export function readForm(schema: JsonSchema, sent: URLSearchParams): unknown {
  return isGroup(schema) ? readGroup(schema, sent, 'data.') : parseJson(sent.get('data') ?? '');
}

function readGroup(schema: JsonSchema, sent: URLSearchParams, prefix: string): Record<string, unknown> {
  const entries = propertiesOf(schema).flatMap(([property, rules, isRequired]) => {
    const name = prefix + property;
    if (!isGroup(rules)) {
      const value = readField(rules, sent.getAll(name), isRequired);
      return value === undefined ? [] : [[property, value] as const];
    }
    const value = readGroup(rules, sent, `${name}.`);
    return isRequired || isFilledIn(value) ? [[property, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** A box that is not ticked does not make an object that may be left out one that was filled in. */
function isFilledIn(value: unknown): boolean {
  const record = asRecord(value);
  return record === null ? value !== false : Object.values(record).some(isFilledIn);
}

type Rules = Readonly<Record<string, unknown>>;

function propertiesOf(schema: JsonSchema): [name: string, rules: Rules, isRequired: boolean][] {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const properties = Object.entries(asRecord(schema['properties']) ?? {});
  return properties.map(([name, rules]) => [name, asRecord(rules) ?? {}, required.includes(name)]);
}

function isGroup({ properties, type }: Rules): boolean {
  return asRecord(properties) !== null && (type === undefined || type === 'object');
}

function choicesOf(rules: Rules): readonly unknown[] {
  const { enum: choices } = rules['type'] === 'array' ? (asRecord(rules['items']) ?? {}) : rules;
  return Array.isArray(choices) ? choices : [];
}

const EMPTY: FormField = { name: '', label: '', help: '', kind: 'text', required: true, choices: [], values: [] };

function kindOf(rules: Rules): FormField['kind'] {
  const { type, format } = rules;
  if (choicesOf(rules).length > 0) return type === 'array' ? 'choices' : 'choice';
  if (type === 'number' || type === 'integer' || type === 'boolean') return type;
  if (type !== 'string') return 'json';
  if (format === 'email' || format === 'date') return format;
  const most = rules['maxLength'];
  return typeof most === 'number' && most > ONE_LINE ? 'long_text' : 'text';
}

/** An empty field was not filled in; a box that is not ticked says false. */
function readField(rules: Rules, all: readonly string[], isRequired: boolean): unknown {
  const kind = kindOf(rules);
  const [sent = ''] = all;
  const chosen = (text: string): unknown => choicesOf(rules).find((each) => choice(each) === text) ?? text;
  if (kind === 'boolean') return all.length > 0;
  if (kind === 'choices') return all.length > 0 || isRequired ? all.map(chosen) : undefined;
  if (sent === '') return undefined;
  if (kind === 'number' || kind === 'integer') return toNumber(sent);
  if (kind === 'json') return parseJson(sent);
  // A browser sends the ends of lines as CRLF, whatever was typed.
  return kind === 'choice' ? chosen(sent) : sent.replaceAll('\r\n', '\n');
}

function toNumber(sent: string): unknown {
  return sent.trim() === '' || !Number.isFinite(Number(sent)) ? sent : Number(sent);
}

function parseJson(sent: string): unknown {
  try {
    return JSON.parse(sent) as unknown;
  } catch {
    return sent;
  }
}

const choice = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function asRecord(value: unknown): Rules | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Rules) : null;
}

import type { JsonSchema } from '../../common/validation/json-schema.js';

/** One input of the page; `name` is a property of the form's schema, empty for the whole. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly kind: 'text' | 'long_text' | 'number' | 'integer' | 'boolean' | 'choice' | 'email' | 'date' | 'json';
  readonly required: boolean;
  readonly choices: readonly string[];
  readonly value: string;
}

/** Longer texts get more than a line. */
const ONE_LINE = 200;

/** The fields of a JSON Schema. What no input fits is written as JSON. */
export function fieldsOf(schema: JsonSchema): FormField[] {
  const properties = asRecord(schema['properties']);
  if (properties === null) return [{ ...EMPTY, label: text(schema['title']) || 'Data (JSON)', kind: 'json' }];
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(properties).map(([name, property]) => {
    const rules = asRecord(property) ?? {};
    return {
      name,
      label: text(rules['title']) || name,
      help: text(rules['description']),
      kind: kindOf(rules),
      required: required.includes(name),
      choices: Array.isArray(rules['enum']) ? rules['enum'].map(choice) : [],
      value: rules['default'] === undefined ? '' : choice(rules['default']),
    };
  });
}

/** What a browser sends for these fields, as data. What cannot be read stays text, and the schema refuses it. */
export function readForm(schema: JsonSchema, sent: URLSearchParams): unknown {
  const fields = fieldsOf(schema);
  const whole = fields.find(({ name }) => name === '');
  if (whole !== undefined) return parseJson(sent.get('data') ?? '');
  const entries = fields.flatMap((field) => {
    const value = readField(field, sent.get(`data.${field.name}`), asRecord(schema['properties'])?.[field.name]);
    return value === undefined ? [] : [[field.name, value] as const];
  });
  return Object.fromEntries(entries);
}

const EMPTY: FormField = { name: '', label: '', help: '', kind: 'text', required: true, choices: [], value: '' };

function kindOf(rules: Readonly<Record<string, unknown>>): FormField['kind'] {
  if (Array.isArray(rules['enum'])) return 'choice';
  const { type, format } = rules;
  if (type === 'number' || type === 'integer' || type === 'boolean') return type;
  if (type !== 'string') return 'json';
  if (format === 'email' || format === 'date') return format;
  const most = rules['maxLength'];
  return typeof most === 'number' && most > ONE_LINE ? 'long_text' : 'text';
}

/** An empty field was not filled in; a box that is not ticked says false. */
function readField({ kind }: FormField, sent: string | null, property: unknown): unknown {
  if (kind === 'boolean') return sent !== null;
  if (sent === null || sent === '') return undefined;
  if (kind === 'number' || kind === 'integer') return toNumber(sent);
  if (kind === 'json') return parseJson(sent);
  // A browser sends the ends of lines as CRLF, whatever was typed.
  if (kind !== 'choice') return sent.replaceAll('\r\n', '\n');
  const choices = (property as { enum: readonly unknown[] }).enum;
  return choices.find((each) => choice(each) === sent) ?? sent;
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

function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

import {
  Checkbox,
  Fieldset,
  JsonInput,
  Select,
  Stack,
  TagsInput,
  Textarea,
  TextInput,
  type TextInputProps,
} from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useT } from '../i18n/i18n';
import { formType, type JsonSchema } from './json-schema';

interface Props {
  readonly schema: JsonSchema;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly label: string;
  /** Fields that something else edits. */
  readonly without?: readonly string[];
  /** Whether every value may be a template, `{{ … }}`, whatever its type. */
  readonly hasTemplates?: boolean;
}

/** A form made from a JSON Schema. What has no simple field is written as JSON. */
export function JsonForm({ schema, value, onChange, label, without = [], hasTemplates = false }: Props): ReactNode {
  const { properties, required = [] } = schema;
  if (properties === undefined) return <AnyField schema={{}} label={label} value={value} onChange={onChange} />;
  const current = isRecord(value) ? value : {};
  const names = Object.keys(properties).filter((name) => !without.includes(name));
  names.sort((a, b) => Number(required.includes(b)) - Number(required.includes(a)));
  return (
    <Stack gap="sm">
      {names.map((name) => (
        <Field
          key={name}
          name={name}
          schema={properties[name] ?? {}}
          isRequired={required.includes(name)}
          hasTemplates={hasTemplates}
          value={current[name]}
          onChange={(next) => onChange(withField(current, name, next))}
        />
      ))}
    </Stack>
  );
}

interface FieldProps {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
  readonly hasTemplates: boolean;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

function Field({ name, schema, isRequired, hasTemplates, value, onChange }: FieldProps): ReactNode {
  const t = useT();
  const label = schema.title ?? name;
  const shared = { label, description: schema.description, required: isRequired };
  const isTemplate = typeof value === 'string' && value.includes('{{');
  const type = Array.isArray(value) ? 'array' : isTemplate ? 'string' : formType(schema);
  switch (type) {
    case 'enum':
      return (
        <Select
          {...shared}
          data={(schema.enum ?? []).map(String)}
          value={value === undefined ? null : shown(value)}
          placeholder={shown(schema.default)}
          clearable={!isRequired}
          clearButtonProps={{ 'aria-label': t('Clear') }}
          onChange={(next) => onChange(schema.enum?.find((each) => String(each) === next))}
        />
      );
    case 'boolean':
      return (
        <Checkbox
          label={label}
          description={schema.description}
          checked={(value ?? schema.default ?? false) === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'integer':
    case 'number':
      return (
        <NumberField
          {...shared}
          inputMode={hasTemplates ? 'text' : 'decimal'}
          placeholder={shown(schema.default)}
          value={value}
          onChange={onChange}
        />
      );
    case 'string': {
      const props = {
        ...shared,
        placeholder: shown(schema.default ?? schema.examples?.[0]),
        value: shown(value),
        onChange: (event: { currentTarget: { value: string } }) => {
          const { value: text } = event.currentTarget;
          onChange(text === '' && !isRequired ? undefined : text);
        },
      };
      const isLong = typeof value === 'string' && value.includes('\n');
      const isText = ['code', 'body', 'text', 'html', 'message', 'sql', 'expression'].includes(name);
      return isLong || isText ? <Textarea {...props} autosize minRows={2} maxRows={14} /> : <TextInput {...props} />;
    }
    case 'array':
      if (formType(schema.items ?? {}) === 'string' && isTextList(value))
        return (
          <TagsInput
            {...shared}
            value={value}
            onChange={(next) => onChange(next.length === 0 && !isRequired ? undefined : next)}
          />
        );
      return <AnyField {...shared} schema={schema} value={value} hasTemplates={hasTemplates} onChange={onChange} />;
    case 'object':
      if (schema.properties === undefined)
        return <AnyField {...shared} schema={schema} value={value} hasTemplates={hasTemplates} onChange={onChange} />;
      return (
        <Fieldset legend={label}>
          <JsonForm schema={schema} value={value} onChange={onChange} label={label} hasTemplates={hasTemplates} />
        </Fieldset>
      );
    default:
      return <AnyField {...shared} schema={schema} value={value} hasTemplates={hasTemplates} onChange={onChange} />;
  }
}

interface NumberProps extends Omit<TextInputProps, 'value' | 'onChange'> {
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

/** A number as it is typed: `1.` is on its way to `1.5`. */
function NumberField({ value, onChange, ...rest }: NumberProps): ReactNode {
  const [text, setText] = useText(value, numberOrText, shown);
  return (
    <TextInput
      {...rest}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(numberOrText(event.currentTarget.value));
      }}
    />
  );
}

/** What is typed; written anew when the value has become another one, by an undo for example. */
function useText(
  value: unknown,
  read: (text: string) => unknown,
  write: (value: unknown) => string,
): [string, (text: string) => void] {
  const [text, setText] = useState(() => write(value));
  const meant = read(text);
  if (meant === UNREADABLE || same(meant, value)) return [text, setText];
  return [write(value), setText];
}

const UNREADABLE = Symbol('half typed');

interface AnyProps {
  readonly schema: JsonSchema;
  readonly label: string;
  readonly description?: string | undefined;
  readonly required?: boolean;
  readonly hasTemplates?: boolean;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

function AnyField({
  schema,
  label,
  description,
  required = false,
  hasTemplates = false,
  value,
  onChange,
}: AnyProps): ReactNode {
  const t = useT();
  const [text, setText] = useText(value, hasTemplates ? valueOrNone : jsonOrNone, hasTemplates ? shown : pretty);
  const shared = { label, description, required, autosize: true, minRows: 2, maxRows: 12, value: text };
  if (hasTemplates)
    return (
      <Textarea
        {...shared}
        placeholder={shown(schema.default)}
        onChange={(event) => {
          setText(event.currentTarget.value);
          onChange(valueOrNone(event.currentTarget.value));
        }}
      />
    );
  return (
    <JsonInput
      {...shared}
      placeholder={schema.default === undefined ? 'JSON' : pretty(schema.default)}
      validationError={t('This is no JSON')}
      onChange={(next) => {
        setText(next);
        const meant = jsonOrNone(next);
        // Half typed: the last whole value stays.
        if (meant !== UNREADABLE) onChange(meant);
      }}
    />
  );
}

function pretty(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value, null, 2);
}

function jsonOrNone(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return UNREADABLE;
  }
}

function valueOrNone(text: string): unknown {
  return text === '' ? undefined : valueOf(text);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What reads as JSON is that value; all else is text, templates among it. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextList(value: unknown): value is string[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every((each) => typeof each === 'string'));
}

function withField(record: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> {
  const next = { ...record, [name]: value };
  return value === undefined ? Object.fromEntries(Object.entries(next).filter(([key]) => key !== name)) : next;
}

function numberOrText(text: string): unknown {
  if (text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** google.protobuf.Value as a plain object, as the loader reads and writes it. */
export interface ValueMessage {
  nullValue?: number | string | null;
  numberValue?: number;
  stringValue?: string;
  boolValue?: boolean;
  structValue?: StructMessage;
  listValue?: { values?: ValueMessage[] };
  kind?: string;
}

export interface StructMessage {
  fields?: Record<string, ValueMessage>;
}

/**
 * Readers of messages allow 100 levels, and a level of JSON takes three. What lies deeper travels as its JSON text: all of it
 * arrives.
 */
const DEEPEST = 28;

/** Any JSON value; undefined stays out. */
export function toValue(value: unknown, depth = 0): ValueMessage | undefined {
  if (value === undefined) return undefined;
  if (value === null) return { nullValue: 0 };
  if (typeof value === 'number') return { numberValue: value };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (value instanceof Date) return { stringValue: value.toISOString() };
  if (depth >= DEEPEST) return { stringValue: JSON.stringify(value) };
  if (Array.isArray(value))
    return { listValue: { values: value.map((item) => toValue(item ?? null, depth + 1) ?? {}) } };
  return { structValue: toStruct(value, depth) };
}

export function toStruct(fields: object, depth?: number): StructMessage;
export function toStruct(fields: object | null | undefined, depth?: number): StructMessage | undefined;
export function toStruct(fields: object | null | undefined, depth = 0): StructMessage | undefined {
  if (fields === null || fields === undefined) return undefined;
  const entries = Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
    const message = toValue(value, depth + 1);
    return message === undefined ? [] : [[name, message] as const];
  });
  // Not assigned one by one: a field may be called `__proto__`.
  return { fields: Object.fromEntries(entries) };
}

/** @param value null or undefined: the client sent none. A value without a kind is null. */
export function fromValue(value: ValueMessage | null | undefined): unknown {
  if (value === null || value === undefined) return undefined;
  switch (value.kind) {
    case 'numberValue':
      return value.numberValue;
    case 'stringValue':
      return value.stringValue;
    case 'boolValue':
      return value.boolValue;
    case 'structValue':
      return fromStruct(value.structValue) ?? {};
    case 'listValue':
      return (value.listValue?.values ?? []).map((item) => fromValue(item) ?? null);
    default:
      return null;
  }
}

export function fromStruct(struct: StructMessage | null | undefined): Record<string, unknown> | undefined {
  if (struct === null || struct === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(struct.fields ?? {}).map(([name, value]) => [name, fromValue(value) ?? null]),
  );
}

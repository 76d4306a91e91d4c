/** As much of JSON Schema as forms need. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly items?: JsonSchema;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
}

/** The one type that a form can show; null where a value may be anything. */
export function formType({ type, enum: choices, properties }: JsonSchema): string | null {
  if (choices !== undefined) return 'enum';
  if (typeof type === 'string') return type;
  const others = type?.filter((each) => each !== 'null') ?? [];
  if (others.length === 1) return others[0] ?? null;
  // `30s` or 30: a number is what reads as one.
  if (others.includes('string'))
    return others.some((each) => each === 'number' || each === 'integer') ? 'number' : 'string';
  return properties === undefined ? null : 'object';
}

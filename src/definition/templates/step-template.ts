/** What a parameter may hold; `any` takes everything. */
export const PARAMETER_TYPES = [
  'any',
  'string',
  'number',
  'integer',
  'boolean',
  'array',
  'object',
  'duration',
] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];

export interface TemplateParameter {
  readonly type?: ParameterType;
  readonly description?: string;
  /** Must be given; one with a default never must. */
  readonly required?: boolean;
  readonly default?: unknown;
  /** The only values that may be written out; expressions are checked when they run. */
  readonly enum?: readonly unknown[];
}

/** A version of a step template: its steps as they were written, with `{{ parameters.x }}` in them. */
export interface StepTemplate {
  readonly name: string;
  readonly version: number;
  readonly parameters: Readonly<Record<string, TemplateParameter>>;
  readonly steps: readonly unknown[];
}

/** Port: the step templates that a definition may use. They are fetched before it is read. */
export interface StepTemplates {
  find(name: string, version: number): StepTemplate | undefined;
  /** The newest version; null when there is no template of that name. */
  latest(name: string): number | null;
}

export const NO_TEMPLATES: StepTemplates = { find: () => undefined, latest: () => null };

/** Templates inside templates. */
export const DEEPEST_TEMPLATES = 5;

export const TEMPLATE_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;

/** `name@version`. */
export function readReference(text: string): { readonly name: string; readonly version: number | null } | null {
  const match = /^([^@\s]+)(?:@v?(\d{1,9}))?$/.exec(text.trim());
  const [, name, version] = match ?? [];
  if (name === undefined || !TEMPLATE_NAME.test(name)) return null;
  return { name, version: version === undefined ? null : Number(version) };
}

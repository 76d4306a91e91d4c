import { REDACTED } from '../logging/redactor.js';
import type { SecretKind } from './secret-field.js';

type Config = Readonly<Record<string, unknown>>;
type Fields = ReadonlyMap<string, SecretKind>;

/** The config as it may be shown: each secret is `***`. */
export function masked(config: Config, fields: Fields): Record<string, unknown> {
  const shown: Record<string, unknown> = { ...config };
  for (const [name, kind] of fields) if (given(shown[name])) shown[name] = mask(shown[name], kind);
  return shown;
}

/** `config`, where what came back as `***` stands for what `before` holds. */
export function unmasked(config: Config, before: Config, fields: Fields): Record<string, unknown> {
  const whole: Record<string, unknown> = { ...config };
  for (const [name, kind] of fields) {
    const shown = masked({ [name]: before[name] }, new Map([[name, kind]]))[name];
    if (kind === 'values' && isObject(whole[name])) {
      const kept = isObject(before[name]) ? before[name] : {};
      const entries = Object.entries(whole[name]).map(([key, value]) => [key, value === REDACTED ? kept[key] : value]);
      whole[name] = Object.fromEntries(entries) as unknown;
    } else if (given(whole[name]) && whole[name] === shown) whole[name] = before[name];
  }
  return whole;
}

/** Every secret text inside the config, for the redactor. */
export function secretsIn(config: Config, fields: Fields): string[] {
  return [...fields].flatMap(([name, kind]) => secretsOf(config[name], kind));
}

/** Names of fields that still hold `***`, which is no value. */
export function maskedFields(config: Config, fields: Fields): string[] {
  return [...fields.keys()].filter((name) => holdsMask(config[name]));
}

function holdsMask(value: unknown): boolean {
  if (isObject(value)) return Object.values(value).includes(REDACTED);
  return value === REDACTED || (typeof value === 'string' && passwordIn(value) === REDACTED);
}

function secretsOf(value: unknown, kind: SecretKind): string[] {
  if (isObject(value)) return Object.values(value).filter((one) => typeof one === 'string');
  if (typeof value !== 'string') return [];
  if (kind !== 'url') return [value];
  const password = passwordIn(value);
  return password === '' ? [] : [password, decode(password)];
}

function mask(value: unknown, kind: SecretKind): unknown {
  if (kind === 'values' && isObject(value)) {
    return Object.fromEntries(Object.keys(value).map((key) => [key, REDACTED]));
  }
  if (kind !== 'url' || typeof value !== 'string') return REDACTED;
  const password = passwordIn(value);
  return password === '' ? value : value.replace(`:${password}@`, `:${REDACTED}@`);
}

/** As it is written in the URL; empty where there is none. */
function passwordIn(url: string): string {
  return /^[a-z][\w+.-]*:\/\/[^:@/]*:([^@/]+)@/i.exec(url)?.[1] ?? '';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

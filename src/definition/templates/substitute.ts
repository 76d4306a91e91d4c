import { InvalidExpressionError } from '../expressions/expression.errors.js';
import { soleTemplate, splitTemplate } from '../expressions/split-template.js';
import { isPlainObject } from '../expressions/values.js';
import { LARGEST_TEXT } from '../parse/limits.js';
import type { Path } from '../parse/source.js';
import { celSource } from './cel-source.js';

/** What has become of the steps of a template. */
export interface Substituted {
  readonly value: unknown;
  /** Values that are nothing but a parameter, with its name. */
  readonly places: readonly { readonly path: Path; readonly parameter: string }[];
  /** Parameters that are read and not declared. */
  readonly unknown: readonly { readonly path: Path; readonly parameter: string }[];
}

/** Characters that the templates of one definition may still come to; values that double themselves end here. */
export interface Room {
  left: number;
}
export const newRoom = (): Room => ({ left: LARGEST_TEXT });

export class TooLargeError extends Error {}

/** CEL's strings, which are passed over; or a parameter, which is no field of something else. */
const TOKEN =
  /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?<![\w.?])parameters(?:\.([A-Za-z_]\w*)|\["([^"\\]+)"\])/g;
const ALONE = /^parameters(?:\.([A-Za-z_]\w*)|\["([^"\\]+)"\])$/;

/**
 * Puts values in place of `{{ parameters.x }}`. Alone, the value keeps its type and may be a template itself; within an
 * expression it becomes CEL, so that no value can become a part of the expression around it.
 * @throws TooLargeError
 */
export function substitute(value: unknown, values: Readonly<Record<string, unknown>>, room: Room): Substituted {
  return new Substitution(values, room).run(value);
}

class Substitution {
  private readonly places: { path: Path; parameter: string }[] = [];
  private readonly unknown: { path: Path; parameter: string }[] = [];

  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly room: Room,
  ) {}

  run(value: unknown): Substituted {
    return { value: this.visit(value, []), places: this.places, unknown: this.unknown };
  }

  private visit(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return this.text(value, path);
    this.take(8);
    if (Array.isArray(value)) return value.map((item: unknown, index) => this.visit(item, [...path, index]));
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.visit(item, [...path, key])]));
  }

  private text(text: string, path: Path): unknown {
    this.take(text.length);
    if (!text.includes('{{')) return text;
    const name = aloneIn(soleTemplate(text) ?? '');
    if (name !== null) {
      if (Object.hasOwn(this.values, name)) this.places.push({ path, parameter: name });
      return structuredClone(this.valueOf(name, path));
    }
    try {
      return splitTemplate(text)
        .map((part) => (typeof part === 'string' ? part : this.template(part.source, path)))
        .join('');
    } catch (error) {
      // It is reported where the step is read.
      if (error instanceof InvalidExpressionError) return text;
      throw error;
    }
  }

  /** One `{{ … }}` with something beside it. */
  private template(source: string, path: Path): string {
    const name = aloneIn(source);
    const value = name === null ? undefined : this.valueOf(name, path);
    if (name !== null && isPlainText(value)) return String(value);
    return `{{ ${this.expression(source, path)} }}`;
  }

  private expression(source: string, path: Path): string {
    return source.replace(TOKEN, (token, field?: string, index?: string) => {
      const name = field ?? index;
      return name === undefined ? token : celSource(this.valueOf(name, path));
    });
  }

  private valueOf(name: string, path: Path): unknown {
    if (!Object.hasOwn(this.values, name)) {
      this.unknown.push({ path, parameter: name });
      // Something that may be anything, so that this fault brings no others.
      return `{{ variables.${name} }}`;
    }
    const value = this.values[name];
    this.take(typeof value === 'string' ? value.length : JSON.stringify(value ?? null).length);
    return value;
  }

  private take(characters: number): void {
    this.room.left -= characters;
    if (this.room.left < 0) throw new TooLargeError('The steps of the templates come to more than 1 MiB.');
  }
}

function aloneIn(source: string): string | null {
  const match = ALONE.exec(source);
  return match?.[1] ?? match?.[2] ?? null;
}

/** What may stand in text as it is: templates stay templates, and no brace can join with one beside it. */
function isPlainText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{') ? splits(value) : !/[{}]/.test(value);
  return typeof value === 'number' || typeof value === 'boolean';
}

function splits(text: string): boolean {
  try {
    return splitTemplate(text).every((part) => typeof part !== 'string' || !/[{}]/.test(part));
  } catch {
    return false;
  }
}

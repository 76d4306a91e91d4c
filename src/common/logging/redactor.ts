import { secretForms } from './secret-forms.js';
import { TextBeginnings } from './text-beginnings.js';
import { SHORTEST, TextFinder } from './text-finder.js';

export const REDACTED = '***';

/**
 * Knows every secret that this process has seen and takes it out of what leaves the process: logs, outputs, errors.
 * Finds the plain value and its JSON, URL and base64 forms, base64 also inside a longer text (`user:password`).
 * Costs nothing while no secret is known.
 */
export class Redactor {
  private readonly forms = new Set<string>();
  private finder: TextFinder | null = null;
  private beginnings = new TextBeginnings([]);
  private stale = false;

  /** Values shorter than 4 characters are left alone: they are no secrets, and taking them out would tear words apart. */
  add(...secrets: readonly (string | null | undefined)[]): void {
    for (const secret of secrets) {
      if (!secret || secret.length < SHORTEST || this.forms.has(secret)) continue;
      for (const form of secretForms(secret)) this.forms.add(form);
      this.stale = true;
    }
  }

  text(text: string): string {
    return this.finding()?.replace(text, REDACTED) ?? text;
  }

  /** A JSON value without the secrets, in keys too; the value itself where there are none. Numbers become text. */
  value(value: unknown): unknown {
    return this.finding() === null ? value : this.redact(value);
  }

  /**
   * Of a text that goes on, how many characters are settled: what follows may make a secret of the rest, which must not
   * be shown before.
   */
  settledLength(text: string): number {
    const finder = this.finding();
    if (finder === null) return text.length;
    const end = text.length - this.beginnings.endOf(text);
    for (let found = finder.find(text); found !== null && found.at < end;) {
      const foundEnd = found.at + found.length;
      // A secret that is whole is not cut by the beginning of another one.
      if (foundEnd > end) return foundEnd;
      found = finder.find(text, foundEnd);
    }
    return end;
  }

  holdsSecret(text: string): boolean {
    return (this.finding()?.find(text) ?? null) !== null;
  }

  private redact(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.holdsSecret(String(value)) ? REDACTED : value;
    if (Array.isArray(value)) return this.redactList(value);
    if (typeof value === 'object' && value !== null && isPlain(value)) return this.redactObject(value);
    return value;
  }

  private redactList(list: readonly unknown[]): readonly unknown[] {
    const copy = list.map((item) => this.redact(item));
    return copy.some((item, index) => item !== list[index]) ? copy : list;
  }

  private redactObject(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    let changed = false;
    const copy: [string, unknown][] = [];
    for (const [key, item] of Object.entries(object)) {
      const entry: [string, unknown] = [this.text(key), this.redact(item)];
      changed ||= entry[0] !== key || entry[1] !== item;
      copy.push(entry);
    }
    return changed ? Object.fromEntries(copy) : object;
  }

  private finding(): TextFinder | null {
    if (this.stale) {
      this.finder = new TextFinder(this.forms);
      this.beginnings = new TextBeginnings(this.forms);
      this.stale = false;
    }
    return this.finder;
  }
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

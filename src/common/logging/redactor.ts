import { secretForms } from './secret-forms.js';

export const REDACTED = '***';

/** Shorter values are no secrets, and redacting them would tear words apart. */
const SHORTEST_SECRET = 4;

/**
 * Knows every secret that this process has seen and takes it out of what leaves the process: logs, outputs, errors.
 * Finds the plain value and its JSON, URL and base64 forms, base64 also inside a longer text (`user:password`).
 * Costs nothing while no secret is known.
 */
export class Redactor {
  private readonly forms = new Set<string>();
  private pattern: RegExp | null = null;
  /** The forms in the order of their text. */
  private sorted: readonly string[] = [];
  private longest = 0;
  private stale = false;

  /** Values shorter than 4 characters are left alone. */
  add(...secrets: readonly (string | null | undefined)[]): void {
    for (const secret of secrets) {
      if (!secret || secret.length < SHORTEST_SECRET || this.forms.has(secret)) continue;
      for (const form of secretForms(secret)) this.forms.add(form);
      this.stale = true;
    }
  }

  text(text: string): string {
    const pattern = this.compiled();
    return pattern === null ? text : text.replace(pattern, REDACTED);
  }

  /** A JSON value without the secrets, in keys too; the value itself where there are none. Numbers become text. */
  value(value: unknown): unknown {
    return this.compiled() === null ? value : this.redact(value);
  }

  /**
   * Of a text that goes on, how many characters are settled: what follows may make a secret of the rest, which must not
   * be shown before.
   */
  settledLength(text: string): number {
    const pattern = this.compiled();
    if (pattern === null) return text.length;
    let end = text.length - this.openEnd(text);
    // A secret that is whole is not cut by the beginning of another one.
    for (const { 0: found, index } of text.matchAll(pattern))
      if (index < end && index + found.length > end) end = index + found.length;
    return end;
  }

  holdsSecret(text: string): boolean {
    const pattern = this.compiled();
    // `search` ignores where the last match of a global pattern ended; `test` does not.
    return pattern !== null && text.search(pattern) >= 0;
  }

  /** The longest end of the text with which a secret begins, but does not end. */
  private openEnd(text: string): number {
    for (let length = Math.min(this.longest - 1, text.length); length > 0; length--)
      if (this.begins(text.slice(-length))) return length;
    return 0;
  }

  /** Those that begin so stand together in the order of texts, the text itself before them. */
  private begins(text: string): boolean {
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sorted[middle] ?? '') <= text) low = middle + 1;
      else high = middle;
    }
    return this.sorted[low]?.startsWith(text) === true;
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

  private compiled(): RegExp | null {
    if (this.stale) {
      // Longest first: a secret that holds another one is taken out whole.
      const alternatives = [...this.forms].sort((a, b) => b.length - a.length).map(escape);
      this.pattern = new RegExp(alternatives.join('|'), 'g');
      this.sorted = [...this.forms].sort();
      this.longest = Math.max(...this.sorted.map(({ length }) => length));
      this.stale = false;
    }
    return this.pattern;
  }
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

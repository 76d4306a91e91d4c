import { FORBIDDEN_KEYS } from '../expressions/values.js';
import { DEEPEST, type FaultSink } from './limits.js';
import type { Segment, SourceNode } from './source.js';

/** Reads JSON with the place of every value. @returns null when the text is not JSON; the sink knows why. */
export function readJson(text: string, faults: FaultSink): SourceNode | null {
  try {
    JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'not JSON';
    const offset = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    faults('json_invalid', offset, `This is not JSON: ${message.replace(/ in JSON at position.*$/s, '')}.`);
    return null;
  }
  return new JsonReader(text, faults).read();
}

/** The text is known to be JSON, so only places, duplicates and depth are left to find. */
class JsonReader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly faults: FaultSink,
  ) {}

  read(): SourceNode | null {
    this.skip();
    return this.value('', 0);
  }

  private value(path: string, depth: number): SourceNode | null {
    if (depth > DEEPEST) {
      this.faults('too_deep', this.at, `Values may be nested ${DEEPEST} deep.`, path);
      return null;
    }
    const start = this.at;
    const first = this.text[start];
    if (first === '{') return this.map(start, path, depth);
    if (first === '[') return this.list(start, path, depth);
    const end = first === '"' ? this.endOfString() : this.endOfWord();
    this.at = end;
    return { value: JSON.parse(this.text.slice(start, end)) as unknown, start, children: null };
  }

  private map(start: number, path: string, depth: number): SourceNode | null {
    const value: Record<string, unknown> = {};
    const children = new Map<Segment, { keyStart: number; node: SourceNode }>();
    this.at += 1;
    while (this.next() !== '}') {
      const keyStart = this.at;
      const end = this.endOfString();
      const key = JSON.parse(this.text.slice(keyStart, end)) as string;
      this.at = end;
      this.skip();
      this.at += 1;
      this.skip();
      const keyPath = path === '' ? key : `${path}.${key}`;
      const node = this.value(keyPath, depth + 1);
      if (!node) return null;
      if (children.has(key)) this.faults('key_duplicate', keyStart, `"${key}" is given twice.`, keyPath);
      else if (FORBIDDEN_KEYS.has(key)) this.faults('key_forbidden', keyStart, `"${key}" cannot be a key.`, keyPath);
      else {
        children.set(key, { keyStart, node });
        value[key] = node.value;
      }
      if (this.next() === ',') this.at += 1;
    }
    this.at += 1;
    return { value, start, children };
  }

  private list(start: number, path: string, depth: number): SourceNode | null {
    const value: unknown[] = [];
    const children = new Map<Segment, { keyStart: number; node: SourceNode }>();
    this.at += 1;
    while (this.next() !== ']') {
      const node = this.value(`${path}[${value.length}]`, depth + 1);
      if (!node) return null;
      children.set(value.length, { keyStart: node.start, node });
      value.push(node.value);
      if (this.next() === ',') this.at += 1;
    }
    this.at += 1;
    return { value, start, children };
  }

  /** The next character that is no blank. */
  private next(): string | undefined {
    this.skip();
    return this.text[this.at];
  }

  private skip(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'x')) this.at += 1;
  }

  private endOfString(): number {
    let at = this.at + 1;
    while (this.text[at] !== '"') at += this.text[at] === '\\' ? 2 : 1;
    return at + 1;
  }

  private endOfWord(): number {
    let at = this.at;
    while (at < this.text.length && !',]} \t\n\r'.includes(this.text[at] ?? ',')) at += 1;
    return at;
  }
}

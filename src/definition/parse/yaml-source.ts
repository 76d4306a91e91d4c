import { isAlias, isMap, isScalar, isSeq, Lexer, parseDocument, type Node, type Pair } from 'yaml';
import { FORBIDDEN_KEYS } from '../expressions/values.js';
import { DEEPEST, type FaultSink, MOST_YAML_TOKENS } from './limits.js';
import type { Segment, SourceNode } from './source.js';

/** Reads YAML 1.2 with the place of every value. @returns null when it cannot be read; the sink knows why. */
export function readYaml(text: string, faults: FaultSink): SourceNode | null {
  if (hasTooManyTokens(text)) {
    faults('definition_too_large', 0, `A definition may hold ${MOST_YAML_TOKENS} YAML tokens.`);
    return null;
  }
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    // Checked below: the library's check is quadratic.
    uniqueKeys: false,
    prettyErrors: false,
  });
  let readable = true;
  for (const error of document.errors) {
    readable = false;
    if (error.code === 'MULTIPLE_DOCS') {
      faults('yaml_several_documents', error.pos[0], 'A definition is one YAML document; this text holds several.');
    } else if (error.message.startsWith('Maximum call stack')) {
      faults('too_deep', error.pos[0], `Values may be nested ${DEEPEST} deep.`);
    } else faults('yaml_invalid', error.pos[0], `This is not YAML: ${firstLine(error.message)}.`);
  }
  if (!readable || !document.contents) return null;
  return new YamlReader(faults).read(document.contents, '', 0);
}

function hasTooManyTokens(text: string): boolean {
  if (text.length <= MOST_YAML_TOKENS) return false;
  let count = 0;
  for (const _token of new Lexer().lex(text)) if (++count > MOST_YAML_TOKENS) return true;
  return false;
}

class YamlReader {
  constructor(private readonly faults: FaultSink) {}

  read(node: Node, path: string, depth: number): SourceNode | null {
    const start = node.range?.[0] ?? 0;
    if (depth > DEEPEST) {
      this.faults('too_deep', start, `Values may be nested ${DEEPEST} deep.`, path);
      return null;
    }
    if (isAlias(node)) {
      this.faults('yaml_alias', start, `The alias *${node.source} is not accepted.`, path, 'Write the value out.');
      return { value: null, start, children: null };
    }
    if (node.tag !== undefined) {
      this.faults('yaml_tag', start, `The tag ${node.tag} is not accepted.`, path, 'Write the value without a tag.');
    }
    if (isMap(node)) return this.map(node.items as Pair<Node, Node | null>[], start, path, depth);
    if (isSeq(node)) return this.list(node.items as (Node | null)[], start, path, depth);
    return { value: isScalar(node) ? this.scalar(node.value, start, path) : null, start, children: null };
  }

  private scalar(value: unknown, start: number, path: string): unknown {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.faults('number_invalid', start, 'JSON has no such number.', path);
      return 0;
    }
    return value ?? null;
  }

  private map(
    items: readonly Pair<Node, Node | null>[],
    start: number,
    path: string,
    depth: number,
  ): SourceNode | null {
    const value: Record<string, unknown> = {};
    const children = new Map<Segment, { keyStart: number; node: SourceNode }>();
    for (const { key: keyNode, value: valueNode } of items) {
      const keyStart = keyNode.range?.[0] ?? start;
      const key = this.key(keyNode, keyStart, path);
      if (key === null) continue;
      const keyPath = path === '' ? key : `${path}.${key}`;
      const node = valueNode ? this.read(valueNode, keyPath, depth + 1) : empty(keyNode.range?.[1] ?? keyStart);
      if (!node) return null;
      if (children.has(key)) this.faults('key_duplicate', keyStart, `"${key}" is given twice.`, keyPath);
      else if (FORBIDDEN_KEYS.has(key)) this.faults('key_forbidden', keyStart, `"${key}" cannot be a key.`, keyPath);
      else {
        children.set(key, { keyStart, node });
        value[key] = node.value;
      }
    }
    return { value, start, children };
  }

  private key(node: Node, start: number, path: string): string | null {
    if (!isScalar(node)) {
      this.faults('yaml_key', start, 'A key must be text.', path);
      return null;
    }
    if (node.value === '<<' && node.type === 'PLAIN') {
      this.faults('yaml_merge_key', start, 'Merge keys (<<) are not accepted.', path, 'Write the fields out.');
      return null;
    }
    return String(node.value);
  }

  private list(items: readonly (Node | null)[], start: number, path: string, depth: number): SourceNode | null {
    const value: unknown[] = [];
    const children = new Map<Segment, { keyStart: number; node: SourceNode }>();
    for (const item of items) {
      const node = item ? this.read(item, `${path}[${value.length}]`, depth + 1) : empty(start);
      if (!node) return null;
      children.set(value.length, { keyStart: node.start, node });
      value.push(node.value);
    }
    return { value, start, children };
  }
}

function empty(start: number): SourceNode {
  return { value: null, start, children: null };
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/[.:]$/, '');
}

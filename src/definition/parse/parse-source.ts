import type { Fault } from '../../common/errors/app-error.js';
import { FORBIDDEN_KEYS, isPlainObject } from '../expressions/values.js';
import type { DefinitionCode } from '../definition.codes.js';
import { readJson } from './json-source.js';
import { DEEPEST, type FaultSink, LARGEST_TEXT, MOST_FAULTS } from './limits.js';
import { formatPath, Lines, locateNode, type Path, type Source, type SourceNode } from './source.js';
import { readYaml } from './yaml-source.js';

export type SourceFormat = 'yaml' | 'json';

/** What became of a text: plain data, which passes between threads. */
export interface ReadText {
  readonly root: SourceNode | null;
  readonly faults: readonly Fault[];
}

/**
 * Reads text (YAML 1.2 or JSON; told by its first character when no format is given) or takes an object as it is.
 * @param read what `readText` made of this text already
 */
export function parseSource(source: string | object, format?: SourceFormat, read?: ReadText): Source {
  return typeof source === 'string' ? sourceOf(source, read ?? readText(source, format)) : takeObject(source);
}

/** The dear part of reading a large text; it needs nothing but the text. */
export function readText(text: string, format?: SourceFormat): ReadText {
  if (Buffer.byteLength(text) > LARGEST_TEXT) {
    return { root: null, faults: unreadable('definition_too_large', 'A definition may have 1 MiB.').faults };
  }
  const lines = new Lines(text);
  const faults: Fault[] = [];
  const sink: FaultSink = (code, offset, message, path = '', hint) => {
    if (faults.length >= MOST_FAULTS) return;
    faults.push({ path, ...lines.at(offset), code, message, ...(hint === undefined ? {} : { hint }) });
  };
  const isJson = format === 'json' || (format === undefined && looksLikeJson(text));
  const root = attempt(() => (isJson ? readJson(text, sink) : readYaml(text, sink)), sink);
  if (root === null && faults.length === 0) sink('definition_empty', 0, 'The definition is empty.');
  return { root, faults };
}

function sourceOf(text: string, { root, faults }: ReadText): Source {
  if (root === null) return { value: undefined, faults: [...faults], locate: () => null };
  const lines = new Lines(text);
  const locate = (path: Path, what: 'key' | 'value' = 'value') => lines.at(locateNode(root, path, what));
  return { value: root.value, faults: [...faults], locate };
}

/** A text that begins like JSON is JSON when it parses as such; else it may still be YAML's flow style. */
function looksLikeJson(text: string): boolean {
  const first = /[^\s\uFEFF]/.exec(text)?.[0];
  if (first !== '{' && first !== '[') return false;
  return /^\s*[{[]\s*["{[\]}]/.test(text);
}

function attempt<T>(read: () => T, sink: FaultSink): T | null {
  try {
    return read();
  } catch {
    // Both readers recurse; only a text that nests thousands deep brings them here.
    sink('too_deep', 0, `Values may be nested ${DEEPEST} deep.`);
    return null;
  }
}

function takeObject(source: object): Source {
  const faults: Fault[] = [];
  const size = checkObject(source, [], faults, 0);
  if (size > LARGEST_TEXT) return unreadable('definition_too_large', 'A definition may have 1 MiB.');
  return { value: faults.some((fault) => fault.code === 'too_deep') ? undefined : source, faults, locate: () => null };
}

/** Characters of an object, while looking for what is no plain JSON. */
function checkObject(value: unknown, path: Path, faults: Fault[], depth: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 4;
  if (depth > DEEPEST) {
    faults.push({ path: formatPath(path), code: 'too_deep', message: `Values may be nested ${DEEPEST} deep.` });
    return 0;
  }
  if (!Array.isArray(value) && !isPlainObject(value)) {
    faults.push({ path: formatPath(path), code: 'type_invalid', message: 'This is not a JSON value.' });
    return 0;
  }
  let size = 2;
  for (const [key, item] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (FORBIDDEN_KEYS.has(key)) {
      faults.push({ path: formatPath(at), code: 'key_forbidden', message: `"${key}" cannot be a key.` });
    }
    size += key.length + checkObject(item, at, faults, depth + 1);
  }
  return size;
}

function unreadable(code: DefinitionCode, message: string): Source {
  return { value: undefined, faults: [{ path: '', code, message }], locate: () => null };
}

import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { UsageError } from './cli.errors.js';
import type { Options } from './command.js';
import type { Terminal } from './terminal.js';

export const inputOption = (): Option =>
  new Option('-i, --input <json>', 'the input as JSON; @file or - (stdin) read it');

export const setOption = (): Option =>
  new Option('-s, --set <name=value>', 'one field of the input; JSON if it is, else text; may be repeated')
    .argParser(gather)
    .default([], '');

export const variableOption = (): Option =>
  new Option('--var <name=value>', 'one variable; JSON if it is, else text; may be repeated')
    .argParser(gather)
    .default([], '');

/** The input that `--input` and `--set` make together; undefined when there is none. */
export async function readInput(options: Options, terminal: Terminal): Promise<unknown> {
  const given = options['input'] === undefined ? undefined : await readJson(options['input'] as string, terminal);
  const fields = readPairs((options['set'] ?? []) as string[]);
  if (fields === undefined) return given;
  if (given !== undefined && !isObject(given)) throw new UsageError('--set needs an --input that is an object');
  return { ...given, ...fields };
}

export function readPairs(pairs: readonly string[]): Record<string, unknown> | undefined {
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs.map(readPair));
}

async function readJson(text: string, terminal: Terminal): Promise<unknown> {
  const isFile = text.startsWith('@');
  const content = isFile ? await readText(text.slice(1)) : text === '-' ? await terminal.readInput() : text;
  try {
    return JSON.parse(content);
  } catch (error) {
    const where = isFile ? text.slice(1) : text === '-' ? 'stdin' : '--input';
    throw new UsageError(`${where} is no JSON: ${(error as Error).message}`);
  }
}

/** @throws UsageError when there is no such file. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function gather(value: string, before: string[]): string[] {
  return [...before, value];
}

function readPair(pair: string): [string, unknown] {
  const at = pair.indexOf('=');
  if (at < 1) throw new UsageError(`"${pair}" is not name=value`);
  return [pair.slice(0, at), jsonOrText(pair.slice(at + 1))];
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

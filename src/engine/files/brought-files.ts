import { candidate, toFileName } from '../../common/file-name.js';
import { newId, newIdWithin } from '../../common/ids.js';
import type { AcceptedFile } from '../engine.contract.js';
import { fileUrl } from './step-files.js';

/** How a payload names a file of the execution that it starts. */
export interface BroughtFile {
  readonly id: string;
  /** As the execution has it: one that may be, and that no other file there has. */
  readonly name: string;
  readonly url: string;
}

/** Files that come with what starts an execution. */
export interface BroughtFiles {
  /** The execution that will have them, if it starts. */
  readonly executionId: string;
  readonly files: readonly AcceptedFile[];
  /** In the same order. A payload holds these very objects, so that they can be found in it. */
  readonly shown: readonly BroughtFile[];
}

/** Ids and names are given before anything is recorded, so that payload and input can name the files. */
export function bringFiles(files: readonly AcceptedFile[]): BroughtFiles {
  const executionId = newId();
  const taken = new Set<string>();
  const named = files.map((file) => {
    const name = freeName(toFileName(file.name), taken);
    taken.add(name);
    return { ...file, name, id: newIdWithin(executionId) };
  });
  const shown = named.map(({ id, name }) => ({ id, name, url: fileUrl(executionId, id) }));
  return { executionId, files: named, shown };
}

/** The same payload where the execution does not start: there are no files. */
export function withoutFiles(payload: unknown, { shown }: BroughtFiles): unknown {
  return replaced(payload, (value) => (shown.includes(value as BroughtFile) ? null : undefined));
}

/** A payload as it was stored, with the files of another execution in place of those that it names; null for those that are gone. */
export function withFiles(payload: unknown, byId: ReadonlyMap<string, BroughtFile>): unknown {
  return replaced(payload, (value) => (isBroughtFile(value) ? (byId.get(value.id) ?? null) : undefined));
}

/** The files that a stored payload names. */
export function filesNamedIn(payload: unknown): ReadonlySet<string> {
  const ids = new Set<string>();
  replaced(payload, (value) => {
    if (isBroughtFile(value)) ids.add(value.id);
    return undefined;
  });
  return ids;
}

function isBroughtFile(value: unknown): value is BroughtFile {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, url } = value as Partial<BroughtFile>;
  const isWhole = typeof id === 'string' && typeof name === 'string' && typeof url === 'string';
  return isWhole && Object.keys(value).length === 3 && url.endsWith(`/files/${id}`);
}

/** @param by undefined: it stays. */
function replaced(value: unknown, by: (value: unknown) => unknown): unknown {
  const other = by(value);
  if (other !== undefined) return other;
  if (Array.isArray(value)) return value.map((one) => replaced(one, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, by)]));
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const one = candidate(name, count);
    if (!taken.has(one)) return one;
  }
}

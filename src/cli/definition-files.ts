import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fault, UsageError } from './cli.errors.js';
import type { ApiClient } from './client/api-client.js';
import { readText } from './inputs.js';

const DEFINITION = /\.(ya?ml|json)$/i;

export interface DefinitionFile {
  readonly path: string;
  readonly text: string;
}

export interface Validation {
  readonly valid: boolean;
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
  /** What the workflow is called where nobody asks for another name; null when the definition has faults. */
  readonly slug: string | null;
}

export interface CheckedFile extends DefinitionFile {
  readonly validation: Validation;
}

/** The files that are named, and those in and below the folders that are named; in the order of their paths. */
export async function readDefinitions(paths: readonly string[]): Promise<DefinitionFile[]> {
  const files = new Set<string>();
  for (const path of paths) for (const file of await filesAt(path)) files.add(file);
  if (files.size === 0) throw new UsageError(`there is no .yaml, .yml or .json file in ${paths.join(', ')}`);
  return await Promise.all([...files].map(async (path) => ({ path, text: await readText(path) })));
}

export async function check(api: ApiClient, file: DefinitionFile): Promise<CheckedFile> {
  // JSON is YAML too; read as that, its faults have lines and columns.
  const validation = await api.post<Validation>('/workflows/validate', file.text);
  return { ...file, validation };
}

async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  });
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const visible = entries.filter(({ name }) => !name.startsWith('.') && name !== 'node_modules');
  const nested = await Promise.all(
    visible
      .filter((entry) => entry.isDirectory() || DEFINITION.test(entry.name))
      .map((entry) =>
        entry.isDirectory() ? filesAt(join(path, entry.name)) : Promise.resolve([join(path, entry.name)]),
      ),
  );
  return nested.flat().sort();
}

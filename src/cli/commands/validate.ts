import type { Command } from 'commander';
import { act } from '../command.js';
import type { Context } from '../context.js';
import { check, type CheckedFile, readDefinitions } from '../definition-files.js';
import { EXIT } from '../exit-codes.js';
import { faultText } from '../output/faults.js';

export function addValidate(program: Command): void {
  const command = program
    .command('validate')
    .summary('find all faults of definitions, with line and column')
    .description('Finds all faults of definitions, each with its line and column. Stores nothing.')
    .argument('<paths...>', 'files, or folders of .yaml, .yml and .json');
  act<[string[]]>(command, async (context, paths) => {
    const checked = await checkAll(context, paths);
    context.show({ valid: checked.every(isValid), items: checked.map(shown) }, () => summary(checked));
    tellFaults(context, checked);
    return checked.every(isValid) ? EXIT.ok : EXIT.refused;
  });
}

export async function checkAll(context: Context, paths: readonly string[]): Promise<CheckedFile[]> {
  const checked: CheckedFile[] = [];
  for (const file of await readDefinitions(paths)) checked.push(await check(context.api, file));
  return checked;
}

/** What is wrong goes to where errors go, however many files are right. */
export function tellFaults({ isJson, terminal, style }: Context, checked: readonly CheckedFile[]): void {
  if (isJson) return;
  for (const { path, text, validation } of checked) {
    for (const fault of validation.errors) terminal.err(faultText(fault, path, text, style));
    for (const fault of validation.warnings) terminal.err(faultText(fault, path, text, style, 'warning'));
  }
}

export function isValid({ validation }: CheckedFile): boolean {
  return validation.valid;
}

export function shown({ path, validation }: CheckedFile): object {
  const { valid, errors, warnings, slug } = validation;
  return { file: path, valid, slug, errors, warnings };
}

function summary(checked: readonly CheckedFile[]): string {
  const wrong = checked.filter((file) => !isValid(file)).length;
  const files = `${checked.length} ${checked.length === 1 ? 'file' : 'files'}`;
  return wrong === 0 ? `${files}, all valid` : `${files}, ${wrong} with faults`;
}

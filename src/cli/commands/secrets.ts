import type { Command } from 'commander';
import { segment } from '../client/api-client.js';
import { UsageError } from '../cli.errors.js';
import { act } from '../command.js';
import { readText } from '../inputs.js';
import { readList, showList, withPages } from '../lists.js';
import { oneLine } from '../output/printable.js';
import { time } from '../output/table.js';
import type { Terminal } from '../terminal.js';

interface Secret {
  readonly name: string;
  readonly description: string;
  readonly updated_at: string;
}

export function addSecrets(program: Command): void {
  const group = program.command('secrets').description('Secrets: values go in, and never out.');
  const list = withPages(group.command('list', { isDefault: true })).description('Lists the names of secrets.');
  act<[]>(list, async (context, options) => {
    const page = await readList<Secret>(context.api, '/secrets', {}, options);
    showList(context, page, ['NAME', 'CHANGED', 'DESCRIPTION'], (one) => [
      one.name,
      time(one.updated_at),
      one.description,
    ]);
  });
  const set = group
    .command('set')
    .description(
      'Sets a secret to what is typed (not shown), or to what comes on stdin; one line break at its end is left out.',
    )
    .argument('<name>', 'as expressions name it: {{ secrets.<name> }}')
    .option('--file <path>', 'the value is the content of a file')
    .option('--description <text>', 'what it is for');
  act<[string]>(set, async (context, name, options) => {
    const { file, description } = options as { file?: string; description?: string };
    const value = file === undefined ? await typed(name, context.terminal) : await readText(file);
    if (value === '') throw new UsageError('the value is empty');
    const body = { value, ...(description !== undefined && { description }) };
    const { body: secret } = await context.api.call<Secret>(`/secrets/${segment(name)}`, { method: 'PUT', body });
    context.show(secret, () => `${oneLine(name)} is set`);
  });
  const remove = group.command('delete').description('Deletes a secret.').argument('<name>', 'its name');
  act<[string]>(remove, async (context, name) => {
    await context.api.call(`/secrets/${segment(name)}`, { method: 'DELETE' });
    context.show({ name, deleted: true }, () => `${oneLine(name)} is deleted`);
  });
}

/** Never from the arguments: those are seen by other users, and kept by the shell. */
async function typed(name: string, terminal: Terminal): Promise<string> {
  const text = terminal.canAsk ? await terminal.askHidden(`Value of ${name}: `) : await terminal.readInput();
  return text.replace(/\r?\n$/, '');
}

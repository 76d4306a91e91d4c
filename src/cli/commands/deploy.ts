import { type Command, Option } from 'commander';
import { type CliError, RefusedError, UsageError } from '../cli.errors.js';
import { act } from '../command.js';
import { deployOne, type Deployed, storeOne, type Stored } from '../deploying.js';
import type { Context } from '../context.js';
import type { CheckedFile } from '../definition-files.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { faultText } from '../output/faults.js';
import { oneLine } from '../output/printable.js';
import { coloured } from '../output/style.js';
import { checkAll, isValid, shown, tellFaults } from './validate.js';

interface Failure {
  readonly file: CheckedFile;
  readonly error: CliError;
}

export function addDeploy(program: Command): void {
  const command = program
    .command('deploy')
    .summary('create or update workflows from files, and put them in force')
    .description(
      'Creates or updates the workflow of each file, by its slug, and puts its newest version in force. A file that has not ' +
        'changed changes nothing. When one file has a fault, nothing is done at all.',
    )
    .argument('<paths...>', 'files, or folders of .yaml, .yml and .json')
    .option('--slug <slug>', 'of a single file; default: made from the name in the file')
    .addOption(
      new Option('--mode <mode>', 'notify: triggers only tell what would have started').choices(['execute', 'notify']),
    );
  act<[string[]]>(command, async (context, paths, options) => {
    const checked = await checkAll(context, paths);
    if (!checked.every(isValid)) {
      if (context.isJson) context.terminal.out(JSON.stringify({ valid: false, items: checked.map(shown) }, null, 2));
      tellFaults(context, checked);
      context.note('nothing was deployed');
      return EXIT.refused;
    }
    return await deployAll(
      context,
      slugged(checked, options['slug'] as string | undefined),
      options['mode'] as string | undefined,
    );
  });

  const undeploy = program
    .command('undeploy')
    .summary('take a workflow out of force')
    .description('Takes a workflow out of force: its triggers start nothing more. What runs goes on.')
    .argument('<workflow>', 'slug or id');
  act<[string]>(undeploy, async (context, workflow) => {
    const { body } = await context.api.call(`/deployment/workflows/${encodeURIComponent(workflow)}/undeploy`, {
      method: 'DELETE',
    });
    context.show(body, () => `${oneLine(workflow)}: undeployed`);
  });
}

type Slugged = CheckedFile & { readonly slug: string };

function slugged(checked: readonly CheckedFile[], slug: string | undefined): Slugged[] {
  if (slug !== undefined && checked.length > 1) throw new UsageError('--slug is for a single file');
  const files = checked.map((file) => ({ ...file, slug: slug ?? file.validation.slug ?? '' }));
  const paths = new Map<string, string>();
  for (const file of files) {
    const other = paths.get(file.slug);
    if (other !== undefined)
      throw new UsageError(`${other} and ${file.path} are both the workflow "${file.slug}"`, 'Give one another name.');
    paths.set(file.slug, file.path);
  }
  return files;
}

/** All are stored before any is deployed: a workflow may name another of the same folder. */
async function deployAll(context: Context, files: readonly Slugged[], mode: string | undefined): Promise<ExitCode> {
  const failures: Failure[] = [];
  const stored: Stored[] = [];
  const done: Deployed[] = [];
  for (const file of files)
    await attempt(file, failures, async () => void stored.push(await storeOne(context.api, file)));
  for (const one of stored)
    await attempt(one.file, failures, async () => void done.push(await deployOne(context.api, one, mode)));
  context.show({ items: done.map(result), failed: failures.map(failure) }, () =>
    done.map((one) => text(one, context)).join('\n'),
  );
  if (!context.isJson) for (const { file, error } of failures) context.terminal.err(failureText(file, error, context));
  return failures[0]?.error.exit ?? EXIT.ok;
}

async function attempt(file: CheckedFile, failures: Failure[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    // A server that is gone or that knows us not will not take the next file either.
    if (!(error instanceof RefusedError) || error.exit !== EXIT.refused) throw error;
    failures.push({ file, error });
  }
}

function result({ stored, deployment, isNew }: Deployed): object {
  const { file, workflow, change, previousVersion, changes } = stored;
  return {
    file: file.path,
    slug: workflow.slug,
    workflow_id: workflow.id,
    workflow: change,
    previous_version: previousVersion,
    version: workflow.version,
    deployment: isNew ? 'deployed' : 'unchanged',
    changes,
    triggers: deployment.triggers.map(({ id, type, name, next_due }) => ({ id, type, name, next_due })),
    warnings: [...file.validation.warnings, ...(deployment.warnings ?? [])],
  };
}

function failure({ file, error }: Failure): object {
  return { file: file.path, code: error.code, message: error.message, errors: error.faults };
}

function text({ stored, deployment, isNew }: Deployed, { style }: Context): string {
  const { workflow, change, previousVersion, changes, file } = stored;
  const versions =
    change === 'updated' ? `version ${previousVersion ?? '?'} -> ${workflow.version}` : `version ${workflow.version}`;
  const force = isNew ? 'now in force' : 'in force already';
  const lines = [
    `${style.bold(workflow.slug)}  ${coloured(change, style)}, ${versions}, ${force}  ${style.dim(file.path)}`,
  ];
  const signs = { added: '+', removed: '-', changed: '~' } as const;
  lines.push(...changes.map(({ kind, path }) => `  ${signs[kind]} ${oneLine(path)}`));
  if (isNew)
    lines.push(
      ...(deployment.warnings ?? []).map((warning) => `  ${style.yellow('warning')} ${oneLine(warning.message)}`),
    );
  return lines.join('\n');
}

function failureText(file: CheckedFile, error: CliError, { style }: Context): string {
  const faults = error.faults.map((fault) => faultText(fault, file.path, file.text, style));
  return faults.length > 0
    ? faults.join('\n')
    : `${style.bold(file.path)}: ${style.red('error')} ${error.code}: ${oneLine(error.message)}`;
}

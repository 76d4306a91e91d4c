import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../common/duration.js';
import { segment } from '../client/api-client.js';
import type { Execution, Started } from '../client/api-types.js';
import { act, type Options } from '../command.js';
import type { Context } from '../context.js';
import { executionText, exitOf, idempotent, untilEnd } from '../executions.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { inputOption, readInput, readPairs, setOption, variableOption } from '../inputs.js';
import { count } from '../lists.js';

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .summary('start a workflow by hand')
    .description('Starts an execution of a workflow. With --wait, ends when it has ended, and as it has ended.')
    .argument('<workflow>', 'slug or id')
    .addOption(inputOption())
    .addOption(setOption())
    .addOption(variableOption())
    .addOption(new Option('--priority <1-10>', '1 (last) to 10 (first)').argParser(count))
    .addOption(new Option('--version <number>', 'default: the version in force, else the newest').argParser(count))
    .option('--idempotency-key <key>', 'two runs with one key start one execution');
  act<[string]>(withWait(command), async (context, workflow, options) => {
    const body = {
      input: await readInput(options, context.terminal),
      variables: readPairs(options['var'] as string[]),
      priority: options['priority'] as number | undefined,
      version: options['version'] as number | undefined,
    };
    const key = idempotent(options['idempotencyKey'] as string | undefined);
    const started = await context.api.post<Started>(`/workflows/${segment(workflow)}/execute`, body, key);
    return await tellStart(context, started, options);
  });
}

/** `--wait` and `--timeout` of what starts an execution. */
export function withWait(command: Command): Command {
  return command
    .option('-w, --wait', 'until it has ended; exit code 1 when it did not complete')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait, e.g. 10m; default: as long as it takes').argParser(
        milliseconds,
      ),
    );
}

export async function tellStart(context: Context, started: Started, options: Options): Promise<ExitCode> {
  const { execution_id: id, status, duplicate, reason } = started;
  if (id === null || options['wait'] !== true) {
    context.show(started, () => {
      if (id === null)
        return `${status}: nothing was started${reason ? ` (${reason.code}: ${reason.detail ?? ''})` : ''}`;
      return duplicate ? `${id}  (an earlier start with this key)` : id;
    });
    return EXIT.ok;
  }
  return await tellEnd(context, id, options);
}

export async function tellEnd(context: Context, id: string, options: Options): Promise<ExitCode> {
  context.note(`execution ${id}`);
  const execution: Execution = await untilEnd(context, id, (options['timeout'] as number | undefined) ?? null);
  context.show(execution, () => executionText(execution, context));
  return exitOf(execution);
}

function milliseconds(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('a duration such as 30s, 10m or 2h');
  return ms;
}

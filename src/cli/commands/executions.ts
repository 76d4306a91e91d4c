import { type Command, Option } from 'commander';
import { type ApiClient, segment } from '../client/api-client.js';
import type { Execution, Workflow } from '../client/api-types.js';
import { act } from '../command.js';
import { executionText, idempotent } from '../executions.js';
import { inputOption, readInput, setOption } from '../inputs.js';
import { count, readList, showList, withPages } from '../lists.js';
import { oneLine } from '../output/printable.js';
import { duration, time } from '../output/table.js';
import { tellEnd, withWait } from './run.js';

const HEADS = ['ID', 'WORKFLOW', 'VERSION', 'STATUS', 'TRIGGER', 'ACCEPTED', 'DURATION', 'ERROR'];

export function addExecutions(program: Command): void {
  const group = program.command('executions').description('List, show, watch, pause and resume executions.');
  addList(group);
  const show = group.command('show').description('Shows an execution with its steps.').argument('<execution>', 'id');
  act<[string]>(show, async (context, id) => {
    const execution = await context.api.get<Execution>(`/executions/${segment(id)}`);
    context.show(execution, () => executionText(execution, context));
  });
  const watch = withWait(group.command('watch'))
    .description('Shows what an execution does, until it has ended. Exit code 1 when it did not complete.')
    .argument('<execution>', 'id');
  act<[string]>(watch, (context, id, options) => tellEnd(context, id, options));
  for (const verb of ['pause', 'resume'] as const) {
    const command = group
      .command(verb)
      .description(
        verb === 'pause' ? 'Pauses an execution; running steps end first.' : 'Lets a paused execution go on.',
      )
      .argument('<execution>', 'id');
    act<[string]>(command, async (context, id) => {
      const execution = await context.api.post<Execution>(`/executions/${segment(id)}/${verb}`);
      context.show(execution, () => `${execution.id}  ${execution.status}`);
    });
  }
}

function addList(group: Command): void {
  const command = withPages(group.command('list', { isDefault: true }))
    .description('Lists executions, newest first.')
    .option('--workflow <workflow>', 'slug or id')
    .option('--status <status>', 'one, or several divided by commas: failed,timed_out')
    .option('--trigger <id>', 'started by this trigger')
    .option('--trigger-type <type>', 'cron, webhook, api, …')
    .option('--from <time>', 'accepted then or later (RFC 3339)')
    .option('--to <time>', 'accepted before (RFC 3339)')
    .option('-q, --search <text>', "in the error's code or message, or the beginning of the id");
  act<[]>(command, async (context, options) => {
    const { workflow, status, trigger, triggerType, from, to, search } = options as Record<string, string | undefined>;
    const query = {
      workflow_id: workflow,
      status,
      trigger_id: trigger,
      trigger_type: triggerType,
      from,
      to,
      q: search,
    };
    const page = await readList<Execution>(context.api, '/executions', query, options);
    const slugs = context.isJson ? new Map<string, string>() : await slugsOf(context.api, page.items);
    showList(context, page, HEADS, (one) => [
      one.id,
      slugs.get(one.workflow_id) ?? one.workflow_id,
      one.version,
      one.status,
      one.trigger_type,
      time(one.created_at),
      duration(one.duration_ms),
      one.error === null ? null : `${one.error.code}: ${one.error.message}`,
    ]);
  });
}

/** Names to read instead of ids; workflows that are gone keep their id. */
async function slugsOf(api: ApiClient, executions: readonly Execution[]): Promise<Map<string, string>> {
  const ids = [...new Set(executions.map((one) => one.workflow_id))];
  const found = await Promise.all(ids.map((id) => api.find<Workflow>(`/workflows/${segment(id)}`)));
  return new Map(found.flatMap((answer) => (answer === null ? [] : [[answer.body.id, answer.body.slug]])));
}

export function addRetry(program: Command): void {
  const command = program
    .command('retry')
    .summary('run an ended execution again')
    .description(
      'Runs an ended execution again: what has completed stays. With --input or --with-version: as a new execution.',
    )
    .argument('<execution>', 'id')
    .option('--from-step <path>', 'this step and all that follows it run again')
    .addOption(new Option('--with-version <number>', 'as a new execution of this version').argParser(count))
    .addOption(inputOption())
    .addOption(setOption());
  act<[string]>(withWait(command), async (context, id, options) => {
    const body = {
      from_step: options['fromStep'] as string | undefined,
      with_version: options['withVersion'] as number | undefined,
      input: await readInput(options, context.terminal),
    };
    const execution = await context.api.post<Execution>(`/executions/${segment(id)}/retry`, body, idempotent());
    if (options['wait'] === true) return await tellEnd(context, execution.id, options);
    context.show(execution, () => `${execution.id}  ${execution.status}, attempt ${execution.attempt}`);
    return undefined;
  });
}

export function addCancel(program: Command): void {
  const command = program
    .command('cancel')
    .summary('cancel an execution')
    .description('Cancels an execution: running work is aborted, afterwards only `finally` runs.')
    .argument('<execution>', 'id')
    .option('--reason <text>', 'kept with the execution');
  act<[string]>(command, async (context, id, options) => {
    const reason = options['reason'] as string | undefined;
    const execution = await context.api.post<Execution>(`/executions/${segment(id)}/cancel`, { reason });
    context.show(execution, () => `${oneLine(execution.id)}  ${execution.status}`);
  });
}

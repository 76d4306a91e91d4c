import { type Command, Option } from 'commander';
import { CliError, UsageError } from '../cli.errors.js';
import { type Page, segment } from '../client/api-client.js';
import type { Occurrence, Started, Trigger } from '../client/api-types.js';
import { act, type Options } from '../command.js';
import type { Context } from '../context.js';
import { idempotent } from '../executions.js';
import { EXIT } from '../exit-codes.js';
import { inputOption, readInput, setOption } from '../inputs.js';
import { count, readList, showList, withPages } from '../lists.js';
import { oneLine } from '../output/printable.js';
import { time } from '../output/table.js';
import { triggerBy } from '../triggers.js';
import { tellStart, withWait } from './run.js';

const REFERENCE = 'id, <workflow>/<name>, or the workflow where it has just one';
const OUTCOMES = ['fired', 'filtered', 'duplicate', 'skipped', 'notified', 'rejected', 'failed'];

export function addTriggers(program: Command): void {
  const group = program
    .command('triggers')
    .description('Triggers: how they do, what they saw, and why something did not start.');
  addList(group);
  addOccurrences(group);
  addPreview(group);
  addPause(group);
  addFire(group);
  addReplay(group);
}

function addList(group: Command): void {
  const command = group
    .command('list', { isDefault: true })
    .description('Lists the triggers of a workflow, or how all triggers in force do.')
    .argument('[workflow]', 'slug or id');
  act<[string | undefined]>(command, async (context, workflow) => {
    if (workflow === undefined) {
      await listAll(context);
      return;
    }
    const page = await context.api.get<Page<Trigger>>(`/workflows/${segment(workflow)}/triggers`);
    showList(context, page, ['ID', 'TYPE', 'NAME', 'HEALTH', 'LAST FIRED', 'NEXT DUE', 'FIRED', 'NOTE'], (one) => [
      one.id,
      one.type,
      one.name,
      one.is_armed ? one.health.status : 'not armed',
      time(one.last_triggered),
      time(one.next_due),
      one.trigger_count,
      one.paused_reason ?? one.health.last_error,
    ]);
  });
}

async function listAll(context: Context): Promise<void> {
  const all = await context.api.get<{ status: string; items: Trigger[] }>('/triggers/health');
  const page = { ...all, next_cursor: null };
  showList(context, page, ['ID', 'WORKFLOW', 'TYPE', 'NAME', 'HEALTH', 'NOTE'], (one) => [
    one.id,
    one.workflow_id,
    one.type,
    one.name,
    one.health.status,
    one.health.last_error,
  ]);
}

function addOccurrences(group: Command): void {
  const command = withPages(group.command('occurrences'))
    .description('Shows what a trigger saw, newest first: what came of it, and why.')
    .argument('<trigger>', REFERENCE)
    .addOption(new Option('--outcome <outcome>', 'only these').choices(OUTCOMES))
    .option('--from <time>', 'then or later (RFC 3339)')
    .option('--to <time>', 'before (RFC 3339)');
  act<[string]>(command, async (context, reference, options) => {
    const { id } = await triggerBy(context.api, reference);
    const { outcome, from, to } = options as Record<string, string | undefined>;
    const page = await readList<Occurrence>(context.api, `/triggers/${id}/occurrences`, { outcome, from, to }, options);
    showList(context, page, ['OCCURRED', 'SCHEDULED FOR', 'OUTCOME', 'REASON', 'DETAIL', 'EXECUTION', 'ID'], (one) => [
      time(one.occurred_at),
      time(one.scheduled_for),
      one.outcome,
      one.reason?.code,
      one.reason?.detail,
      one.execution_id,
      one.id,
    ]);
  });
}

function addPreview(group: Command): void {
  const command = group
    .command('preview')
    .description('Shows the next instants of a schedule in its zone; gaps and folds of the clocks are flagged.')
    .argument('<trigger>', REFERENCE)
    .addOption(new Option('-n, --count <count>', 'how many').argParser(count).default(10));
  act<[string]>(command, async (context, reference, options) => {
    const { id } = await triggerBy(context.api, reference);
    const query = { count: options['count'] as number };
    const answer = await context.api.get<{ items: Instant[] }>(`/triggers/${id}/preview`, query);
    const page = { ...answer, next_cursor: null };
    showList(context, page, ['AT', 'LOCAL', 'NOTE'], ({ at, local, note }) => [time(at), local, note]);
  });
}

interface Instant {
  readonly at: string;
  readonly local: string;
  readonly note: string | null;
}

function addPause(group: Command): void {
  const pause = group
    .command('pause')
    .description('Pauses a trigger: what it sees is recorded as skipped.')
    .argument('<trigger>', REFERENCE)
    .option('--reason <text>', 'shown in its status and in its occurrences');
  act<[string]>(pause, (context, reference, options) => {
    const reason = options['reason'] as string | undefined;
    return change(context, reference, 'pause', { ...(reason !== undefined && { reason }) });
  });
  const resume = group
    .command('resume')
    .description('Lets a paused trigger start executions again.')
    .argument('<trigger>', REFERENCE);
  act<[string]>(resume, (context, reference) => change(context, reference, 'resume', {}));
}

async function change(context: Context, reference: string, verb: string, body: object): Promise<void> {
  const { id } = await triggerBy(context.api, reference);
  const trigger = await context.api.post<Trigger>(`/triggers/${id}/${verb}`, body);
  context.show(trigger, () => `${oneLine(trigger.name)}  ${trigger.health.status}`);
}

function addFire(group: Command): void {
  const command = group
    .command('fire')
    .description('Fires a manual trigger, or a webhook trigger with --input as its body. Others fire by themselves.')
    .argument('<trigger>', REFERENCE)
    .addOption(inputOption())
    .addOption(setOption())
    .option('-y, --yes', 'confirms where the trigger asks for it');
  act<[string]>(withWait(command), async (context, reference, options) => {
    const trigger = await triggerBy(context.api, reference);
    const input = await readInput(options, context.terminal);
    return await tellStart(context, await fire(context, trigger, input, options), options);
  });
}

async function fire({ api, terminal }: Context, trigger: Trigger, input: unknown, options: Options): Promise<Started> {
  const path = `/triggers/workflows/${trigger.workflow_id}`;
  if (trigger.type === 'webhook') return await api.post<Started>(`${path}/webhook`, input ?? {}, idempotent());
  if (trigger.type !== 'manual') {
    const hint = `millrace run ${trigger.workflow_id} starts its workflow.`;
    throw new UsageError(`a ${trigger.type} trigger is not fired by hand`, hint);
  }
  const answer = await api.post<Started & Confirmation>(`${path}/manual`, { input }, idempotent());
  if (answer.confirmation_required !== true) return answer;
  const isSure =
    options['yes'] === true || (terminal.canAsk && /^y(es)?$/i.test(await terminal.ask('Start it? [y/N] ')));
  if (!isSure)
    throw new CliError(
      EXIT.refused,
      'not_confirmed',
      'the trigger asks for a confirmation; nothing was started',
      [],
      'Use --yes.',
    );
  return await api.post<Started>(`${path}/manual/confirm`, { token: answer.confirmation_token });
}

interface Confirmation {
  readonly confirmation_required?: boolean;
  readonly confirmation_token?: string;
}

function addReplay(group: Command): void {
  const command = group
    .command('replay')
    .description('Starts an occurrence again, marked as a replay.')
    .argument('<occurrence>', 'id');
  act<[string]>(withWait(command), async (context, id, options) => {
    const started = await context.api.post<Started>(`/occurrences/${segment(id)}/replay`, {}, idempotent());
    return await tellStart(context, started, options);
  });
}

import { type Command, Option } from 'commander';
import { segment } from '../client/api-client.js';
import type { Workflow } from '../client/api-types.js';
import { act } from '../command.js';
import { readList, showList, withPages } from '../lists.js';
import { fields, time } from '../output/table.js';

export function addWorkflows(program: Command): void {
  const group = program.command('workflows').description('List and show workflows.');
  const list = withPages(group.command('list', { isDefault: true }))
    .description('Lists workflows, newest first.')
    .addOption(new Option('--status <status>', 'only these').choices(['draft', 'active', 'paused', 'archived']))
    .option('--tags <list>', 'with all of these, divided by commas')
    .option('-q, --search <text>', 'in name, slug or description');
  act<[]>(list, async (context, options) => {
    const { status, tags, search } = options as Record<string, string | undefined>;
    const page = await readList<Workflow>(context.api, '/workflows', { status, tags, q: search }, options);
    showList(context, page, ['SLUG', 'NAME', 'STATUS', 'VERSION', 'EXECUTIONS', 'SUCCESS', 'LAST'], (one) => [
      one.slug,
      one.name,
      one.status,
      one.version,
      one.execution_count,
      percent(one.success_rate),
      time(one.last_executed),
    ]);
  });
  const show = group.command('show').description('Shows a workflow.').argument('<workflow>', 'slug or id');
  act<[string]>(show, async (context, workflow) => {
    const found = await context.api.get<Workflow>(`/workflows/${segment(workflow)}`);
    context.show(found, () =>
      fields(
        [
          ['workflow', found.slug],
          ['id', found.id],
          ['name', found.name],
          ['status', found.status],
          ['version', found.version],
          ['executions', found.execution_count],
          ['success', percent(found.success_rate)],
          ['last', time(found.last_executed)],
        ],
        context.style,
      ),
    );
  });
}

/** The API's rate is 0 to 1. */
function percent(rate: number | null): string | null {
  return rate === null ? null : `${Math.round(rate * 1000) / 10} %`;
}

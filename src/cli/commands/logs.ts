import { type Command, Option } from 'commander';
import { type Page, segment } from '../client/api-client.js';
import type { LogLine } from '../client/api-types.js';
import { follow } from '../client/follow.js';
import { act } from '../command.js';
import type { Context } from '../context.js';
import { readList } from '../lists.js';
import { oneLine, printable } from '../output/printable.js';
import { coloured } from '../output/style.js';

export function addLogs(program: Command): void {
  const command = program
    .command('logs')
    .summary('the log of an execution; --follow: as it is written')
    .description(
      'Shows the log of an execution. With --follow, shows new lines until it has ended; with --json then one object a line.',
    )
    .argument('<execution>', 'id')
    .option('-f, --follow', 'go on until the execution has ended')
    .option('--step <path>', 'only this step')
    .addOption(new Option('--level <level>', 'this level and above').choices(['debug', 'info', 'warn', 'error']));
  act<[string]>(command, async (context, id, options) => {
    const { follow: isFollowing, step, level } = options as { follow?: boolean; step?: string; level?: string };
    const path = `/executions/${segment(id)}/logs`;
    const query = { step_id: step, level };
    if (isFollowing !== true) {
      const page = await readList<LogLine>(context.api, path, query, { all: true });
      showAll(context, page);
      return;
    }
    for await (const { event, data } of follow(context.api, path, { ...query, follow: true })) {
      if (event === 'log')
        context.terminal.out(context.isJson ? JSON.stringify(data) : lineText(data as LogLine, context));
    }
  });
}

function showAll(context: Context, page: Page<LogLine>): void {
  if (context.isJson) context.show(page, () => '');
  else for (const line of page.items) context.terminal.out(lineText(line, context));
}

function lineText({ timestamp, level, step_path: step, message, data }: LogLine, { style }: Context): string {
  const parts = [
    style.dim(timestamp),
    coloured(level.padEnd(5), style).replace(level, coloured(level, style)),
    style.cyan(oneLine(step ?? '-')),
    printable(message),
  ];
  return data === null || data === undefined
    ? parts.join('  ')
    : `${parts.join('  ')}  ${style.dim(printable(JSON.stringify(data)))}`;
}

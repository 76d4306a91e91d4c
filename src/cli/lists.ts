import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ApiClient, Page, Query } from './client/api-client.js';
import type { Options } from './command.js';
import type { Context } from './context.js';
import { table, type Cell } from './output/table.js';

const PAGE = 500;

/** `--limit`, `--cursor` and `--all` of a list. */
export function withPages(command: Command): Command {
  return command
    .addOption(new Option('-n, --limit <count>', 'how many').argParser(count).default(20))
    .option('--cursor <cursor>', 'go on after an earlier page')
    .option('--all', 'all pages');
}

/** What the options ask for: one page, or all of them as one. */
export async function readList<T>(api: ApiClient, path: string, query: Query, options: Options): Promise<Page<T>> {
  const { limit, cursor, all } = options as { limit: number; cursor?: string; all?: boolean };
  if (all !== true) return await api.get<Page<T>>(path, { ...query, limit, cursor });
  const items: T[] = [];
  for (let next: string | null | undefined = cursor; next !== null;) {
    const page: Page<T> = await api.get<Page<T>>(path, { ...query, limit: PAGE, cursor: next });
    items.push(...page.items);
    next = page.next_cursor;
  }
  return { items, next_cursor: null };
}

export function showList<T>(context: Context, page: Page<T>, heads: string[], row: (item: T) => Cell[]): void {
  context.show(page, () => (page.items.length === 0 ? 'none' : table(heads, page.items.map(row), context.style)));
  if (page.next_cursor !== null) context.note(`there are more: --cursor ${page.next_cursor}, or --all`);
}

export function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a whole number from 1');
  return number;
}

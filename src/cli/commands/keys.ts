import { type Command, Option } from 'commander';
import { segment } from '../client/api-client.js';
import { act } from '../command.js';
import { readList, showList, withPages } from '../lists.js';
import { fields, time } from '../output/table.js';

interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly expires_at: string | null;
  readonly last_used: string | null;
}

export function addKeys(program: Command): void {
  const group = program.command('keys').description('API keys, for administrators.');
  const list = withPages(group.command('list', { isDefault: true })).description(
    'Lists API keys; never the keys themselves.',
  );
  act<[]>(list, async (context, options) => {
    const page = await readList<ApiKey>(context.api, '/api-keys', {}, options);
    showList(context, page, ['ID', 'NAME', 'KEY', 'ROLE', 'SCOPES', 'EXPIRES', 'LAST USED'], (one) => [
      one.id,
      one.name,
      `${one.prefix}…`,
      one.role,
      one.scopes.join(' '),
      time(one.expires_at),
      time(one.last_used),
    ]);
  });
  const create = group
    .command('create')
    .description('Makes an API key and shows it, this once: alone on stdout.')
    .argument('<name>', 'whose it is, or what for')
    .addOption(
      new Option('--role <role>', 'what it may do')
        .choices(['viewer', 'operator', 'editor', 'admin'])
        .makeOptionMandatory(),
    )
    .option('--scopes <list>', 'narrow the role, divided by commas: workflows:write,executions:read')
    .option('--expires <time>', 'when it ends (RFC 3339); default: never')
    .option('--owner <id>', 'it sees the workflows of this owner only');
  act<[string]>(create, async (context, name, options) => {
    const { role, scopes, expires, owner } = options as Record<string, string | undefined>;
    const body = { name, role, scopes: scopes?.split(','), expires_at: expires, owner_id: owner };
    const made = await context.api.post<ApiKey & { key: string }>('/api-keys', body);
    context.note(`${name}: ${made.role}, id ${made.id}. The key is shown this once:`);
    context.show(made, () => made.key);
  });
  const revoke = group.command('revoke').description('Ends an API key at once.').argument('<id>', 'its id');
  act<[string]>(revoke, async (context, id) => {
    await context.api.call(`/api-keys/${segment(id)}`, { method: 'DELETE' });
    context.show({ id, revoked: true }, () => `${id} is revoked`);
  });
}

interface Me {
  readonly actor: string;
  readonly name: string;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly owner_id: string | null;
  readonly expires_at: string | null;
}

export function addWhoami(program: Command): void {
  const command = program.command('whoami').description('Shows whose key this is, and what it may do.');
  act<[]>(command, async (context) => {
    const me = await context.api.get<Me>('/me');
    context.show(me, () =>
      fields(
        [
          ['server', context.api.url],
          ['name', me.name],
          ['role', me.role],
          ['scopes', me.scopes.join(' ')],
          ['owner', me.owner_id],
          ['expires', time(me.expires_at)],
        ],
        context.style,
      ),
    );
  });
}

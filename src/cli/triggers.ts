import { UsageError } from './cli.errors.js';
import { type ApiClient, type Page, segment } from './client/api-client.js';
import type { Trigger } from './client/api-types.js';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * A trigger by its id, by `<workflow>/<name>`, or by the workflow alone where it has just one.
 * @throws UsageError that lists those there are
 */
export async function triggerBy(api: ApiClient, reference: string): Promise<Trigger> {
  if (ID.test(reference)) {
    const found = await api.find<Trigger>(`/triggers/${segment(reference)}`);
    if (found !== null) return found.body;
  }
  const [workflow = '', ...rest] = reference.split('/');
  const name = rest.join('/');
  const { items } = await api.get<Page<Trigger>>(`/workflows/${segment(workflow)}/triggers`);
  const fitting = name === '' ? items : items.filter((one) => one.name === name || one.type === name);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const names = items.map((one) => `${workflow}/${one.name}`).join(', ');
  const problem = fitting.length === 0 ? 'has no such trigger' : 'has several triggers';
  throw new UsageError(`${workflow} ${problem}`, items.length === 0 ? null : `One of: ${names}`);
}

import type { PoolClient } from 'pg';
import type { GitHubEvent } from './delivery.js';
import { record } from './facts.js';

const PUT = /* sql */ `
INSERT INTO github_installation (id, account, account_type, repository_selection, permissions, suspended_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET account = excluded.account, account_type = excluded.account_type,
  repository_selection = excluded.repository_selection, permissions = excluded.permissions,
  suspended_at = excluded.suspended_at, updated_at = now()`;

const REMOVE = /* sql */ `DELETE FROM github_installation WHERE id = $1`;
const COUNT = /* sql */ `SELECT count(*)::int AS count FROM github_installation`;

/** Follows what the App's own events tell of where it is installed, in the transaction that records the delivery. */
export async function followInstallation(client: PoolClient, { event, payload }: GitHubEvent): Promise<void> {
  if (event !== 'installation' && event !== 'installation_repositories') return;
  const { id, account, repository_selection, permissions, suspended_at } = record(payload['installation']);
  if (typeof id !== 'number') return;
  if (event === 'installation' && payload['action'] === 'deleted') {
    await client.query(REMOVE, [id]);
    return;
  }
  const { login, type } = record(account);
  const rights = permissions === undefined ? null : JSON.stringify(permissions);
  const since = payload['action'] === 'unsuspend' ? null : (suspended_at ?? null);
  await client.query(PUT, [id, login ?? '', type ?? null, repository_selection ?? null, rights, since]);
}

export async function countInstallations(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ count: number }>(COUNT);
  return rows[0]?.count ?? 0;
}

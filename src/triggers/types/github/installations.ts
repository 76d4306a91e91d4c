import type { Database } from '../../../common/database/database.js';
import type { GitHubEvent } from './delivery.js';
import { record } from './facts.js';

const PUT = /* sql */ `
INSERT INTO github_installation (id, account, account_type, repository_selection, permissions, suspended_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET account = excluded.account, account_type = excluded.account_type,
  repository_selection = excluded.repository_selection, permissions = excluded.permissions,
  suspended_at = excluded.suspended_at, updated_at = now()`;

/** Where the App is installed, as its own events tell. */
export class Installations {
  constructor(private readonly database: Database) {}

  async follow({ event, payload }: GitHubEvent): Promise<void> {
    if (event !== 'installation' && event !== 'installation_repositories') return;
    const { id, account, repository_selection, permissions, suspended_at } = record(payload['installation']);
    if (typeof id !== 'number') return;
    if (event === 'installation' && payload['action'] === 'deleted') {
      await this.database.query('DELETE FROM github_installation WHERE id = $1', [id]);
      return;
    }
    const { login, type } = record(account);
    const rights = permissions === undefined ? null : JSON.stringify(permissions);
    const since = payload['action'] === 'unsuspend' ? null : (suspended_at ?? null);
    await this.database.query(PUT, [id, login ?? '', type ?? null, repository_selection ?? null, rights, since]);
  }

  async count(): Promise<number> {
    const rows = await this.database.query<{ count: number }>('SELECT count(*)::int AS count FROM github_installation');
    return rows[0]?.count ?? 0;
  }
}

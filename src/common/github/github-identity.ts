import type { AppConfig } from '../config/app-config.js';
import type { GitHubConnection } from '../connections/service.connection.js';
import type { GitHubIdentity } from './github.contract.js';
import { GitHubNotConfiguredError } from './github.errors.js';

/** What a connection names, or the App of this server. @throws GitHubNotConfiguredError */
export function githubIdentity(settings: AppConfig['github'], connection: GitHubConnection | null): GitHubIdentity {
  const apiUrl = connection?.api_url ?? settings.apiUrl;
  if (connection?.token !== undefined) return { apiUrl, token: connection.token };
  const appId = connection?.app_id ?? settings.appId;
  const privateKey = connection?.private_key ?? settings.privateKey;
  if (appId !== null && privateKey !== null) return { apiUrl, appId, privateKey };
  throw new GitHubNotConfiguredError(
    'Name a connection, or set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY on this server',
  );
}

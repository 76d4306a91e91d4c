import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../../common/config/app-config.js';
import { AppError, type Fault } from '../../../common/errors/app-error.js';
import { GitHubApi } from '../../../common/github/github-api.js';
import { githubIdentity } from '../../../common/github/github-identity.js';
import type { Installation } from '../../../common/github/github.contract.js';
import { GitHubError } from '../../../common/github/github.errors.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { AttemptAbortedError, NodeError } from '../../nodes.errors.js';
import { CALLS } from './github-calls.js';
import { GitHubConfig, STATES } from './github.config.js';

/** Of each field list one must be given. */
const NEEDS: Readonly<Record<string, readonly (readonly (keyof GitHubConfig)[])[]>> = {
  issue: [['title', 'number']],
  comment: [['number'], ['body']],
  label: [['number'], ['labels', 'remove_labels']],
  dispatch: [['workflow', 'event_type']],
  status: [['sha'], ['state']],
  file: [['path']],
};

@Injectable()
export class GitHubNode extends NodeType<GitHubConfig> {
  readonly type = 'github';
  readonly kind = 'EXTERNAL_ACTION';
  readonly title = 'GitHub';
  readonly description = 'Works on issues, labels, workflows, statuses and files of a repository, as a GitHub App.';
  readonly config = GitHubConfig;

  constructor(
    private readonly github: GitHubApi,
    private readonly settings: AppConfig,
  ) {
    super();
  }

  effect(): 'once' {
    return 'once';
  }

  override faults(config: GitHubConfig): readonly Fault[] {
    const faults = (NEEDS[config.operation] ?? [])
      .filter((names) => names.every((name) => config[name] === undefined))
      .map((names) => required(names[0] ?? '', names));
    const { operation, workflow, event_type, ref, state } = config;
    if (operation === 'dispatch' && workflow !== undefined && event_type !== undefined)
      faults.push({ path: 'event_type', code: 'value_invalid', message: 'only one of "workflow" and "event_type"' });
    if (operation === 'dispatch' && workflow !== undefined && ref === undefined) faults.push(required('ref', ['ref']));
    const states: readonly string[] = operation === 'status' ? STATES : ['open', 'closed'];
    if (state !== undefined && !state.includes('{{') && !states.includes(state))
      faults.push({ path: 'state', code: 'value_invalid', message: `state must be one of ${states.join(', ')}` });
    return faults;
  }

  async execute({ config, connections, signal }: NodeContext<GitHubConfig>): Promise<NodeOutcome> {
    try {
      const connection =
        config.connection === undefined ? null : (await connections.get(config.connection, 'github')).config;
      const identity = githubIdentity(this.settings.github, connection);
      const base = `/repos/${config.repository}`;
      const as = installationOf(config);
      return done(
        await CALLS[config.operation](config, base, (request) =>
          this.github.request(identity, { ...request, as, signal }),
        ),
      );
    } catch (error) {
      if (signal.aborted) throw new AttemptAbortedError(signal);
      if (error instanceof NodeError || !(error instanceof AppError)) throw error;
      const { code, message, retryable } = error;
      const after = error instanceof GitHubError && retryable ? error.retryAfterMs : null;
      if (after === null) throw new NodeError(code, message, { retryable, cause: error });
      return { kind: 'retry', after, error: { code, message, retryable } };
    }
  }
}

function installationOf({ installation_id, repository }: GitHubConfig): Installation {
  const [owner = '', repo = ''] = repository.split('/');
  return installation_id === undefined ? { owner, repo } : { id: installation_id };
}

function required(path: string, names: readonly string[]): Fault {
  const message = `${names.map((name) => `"${name}"`).join(' or ')} is required`;
  return { path, code: 'field_required', message };
}

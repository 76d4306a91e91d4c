import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { AppConfig } from '../../../common/config/app-config.js';
import { Database } from '../../../common/database/database.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { globPattern } from '../../../common/text/glob.js';
import {
  BaseTrigger,
  TriggerHost,
  type ArmedTrigger,
  type Handled,
  type PublicAnswer,
  type PublicRequest,
  type Seen,
  type SeenBy,
  type SharedRouteStatus,
} from '../../trigger.contract.js';
import { DeliveryRefusedError } from '../../triggers.errors.js';
import { DeliveryContext } from './context.js';
import { readDelivery, type GitHubEvent } from './delivery.js';
import { factsOf, record, type GitHubFacts } from './facts.js';
import { GitHubApi } from './github-api.js';
import { filterFacts, filterFiles, needsFiles, type ChangedFiles, type FilteredBy } from './github-filters.js';
import { GitHubConfig } from './github.dto.js';
import { Installations } from './installations.js';
import { askForFailed } from './redeliveries.js';

type Armed = ArmedTrigger<GitHubConfig>;

const LISTS = ['events', 'actions', 'repositories', 'branches', 'tags', 'paths', 'paths_ignore', 'authors'] as const;
const RECONCILE_MS = 300_000;
const LEASE_MS = 60_000;

/** One App for the whole server; each trigger picks what it wants of its deliveries. */
@Injectable()
export class GitHubTrigger extends BaseTrigger<GitHubConfig> implements OnApplicationBootstrap, OnApplicationShutdown {
  override readonly type = 'github';
  override readonly title = 'GitHub';
  override readonly description = 'Fires on deliveries of a GitHub App: pushes, pull requests, issues, releases, …';
  override readonly config = GitHubConfig;
  override readonly isResident = true;
  override readonly sharedRoute = 'webhooks/github';
  private readonly log = new Logger(GitHubTrigger.name);
  private readonly triggers = new Map<string, Armed>();
  private readonly api: GitHubApi;
  private readonly installations: Installations;
  private readonly seen = { accepted: 0, rejected: 0, last: null as Date | null };
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly host: TriggerHost,
    private readonly settings: AppConfig,
    private readonly clock: Clock,
    database: Database,
  ) {
    super();
    this.api = new GitHubApi(settings.github);
    this.installations = new Installations(database);
  }

  override validate(config: GitHubConfig): readonly Fault[] {
    return [...LISTS, 'authors_ignore' as const, 'labels' as const].flatMap((field) =>
      (config[field] ?? []).flatMap((glob, index) => globFaults(`${field}[${index}]`, glob)),
    );
  }

  override attach(trigger: Armed): Promise<void> {
    this.triggers.set(trigger.id, trigger);
    const isDeaf = this.settings.github.webhookSecret === null;
    this.host.report(trigger.id, { lastError: isDeaf ? 'GITHUB_WEBHOOK_SECRET is not set' : null });
    return Promise.resolve();
  }

  override detach(triggerId: string): Promise<void> {
    this.triggers.delete(triggerId);
    return Promise.resolve();
  }

  override withholdsSecrets(payload: unknown): boolean {
    return record(payload)['is_fork'] === true;
  }

  onApplicationBootstrap(): void {
    if (!this.api.hasApp || !this.settings.roles.includes('scheduler')) return;
    this.timer = setInterval(() => void this.reconcile(), RECONCILE_MS).unref();
  }

  onApplicationShutdown(): void {
    if (this.timer !== null) clearInterval(this.timer);
  }

  /** On one replica at a time: asks for what GitHub could not deliver. */
  async reconcile(): Promise<void> {
    try {
      const count = await this.host.lease('github.redeliveries', LEASE_MS, () =>
        askForFailed(this.api, this.clock.now()),
      );
      if ((count ?? 0) > 0) this.log.log(`asked GitHub to send ${count} deliveries again`);
    } catch (error) {
      this.log.warn(`failed deliveries cannot be asked for: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Answered after the commit of everything that comes of it. */
  override async receiveShared(request: PublicRequest): Promise<PublicAnswer> {
    const delivery = await this.read(request);
    const { event, deliveryId, payload } = delivery;
    await this.installations.follow(delivery);
    const facts = factsOf(event, deliveryId, payload);
    const context = new DeliveryContext(this.api, facts);
    const triggers = [...this.triggers.values()];
    const all = await Promise.all(triggers.map((trigger) => this.see(trigger, facts, payload, context)));
    const { handled, after } = await this.host.transaction((client) => this.host.handleWithin(client, all));
    after();
    this.seen.accepted += 1;
    this.seen.last = this.clock.date();
    return {
      status: 202,
      body: { delivery_id: deliveryId, event, results: handled.map((one, at) => result(one, all[at])) },
    };
  }

  override async sharedStatus(): Promise<SharedRouteStatus> {
    const isDeaf = this.settings.github.webhookSecret === null;
    return {
      status: isDeaf ? 'refusing' : 'ready',
      detail: isDeaf ? 'GITHUB_WEBHOOK_SECRET is not set' : null,
      more: {
        has_app: this.api.hasApp,
        installations: await this.installations.count(),
        triggers: this.triggers.size,
        accepted: this.seen.accepted,
        rejected: this.seen.rejected,
        last_delivery: this.seen.last?.toISOString() ?? null,
      },
    };
  }

  private async read(request: PublicRequest): Promise<GitHubEvent> {
    try {
      return await readDelivery(request, this.settings.github.webhookSecret);
    } catch (error) {
      if (error instanceof DeliveryRefusedError) this.seen.rejected += 1;
      throw error;
    }
  }

  private async see(trigger: Armed, facts: GitHubFacts, body: object, context: DeliveryContext): Promise<SeenBy> {
    const { config } = trigger;
    const early = filterFacts(config, facts);
    // A file that is not asked about is not fetched, but what the payload tells is passed on.
    const wantsFiles =
      early === null && (needsFiles(config) || facts.files !== null || (this.api.hasApp && facts.range !== null));
    const files = wantsFiles ? await context.changedFiles() : NO_FILES;
    const no = early ?? filterFiles(config, files);
    const more = no === null ? await context.read(config.context) : {};
    const payload = payloadOf(facts, body, { ...contextOf(facts, body, files), ...more, fault: context.fault });
    return { trigger, seen: this.seenOf(facts, payload, no, needsFiles(config) && files.isTruncated) };
  }

  private seenOf(facts: GitHubFacts, payload: object, no: FilteredBy | null, isMarked: boolean): Seen {
    return {
      occurredAt: this.clock.date(),
      scheduledFor: null,
      payload,
      key: facts.deliveryId,
      keyTtlMs: null,
      withholdsSecrets: facts.isFork,
      ...(no !== null && { refused: { outcome: 'filtered', ...no } }),
      ...(isMarked && { note: { code: 'paths', detail: 'GitHub did not tell all changed files: they may be others' } }),
    };
  }
}

const NO_FILES: ChangedFiles = { paths: [], isTruncated: false };

function payloadOf(facts: GitHubFacts, body: object, context: object): Record<string, unknown> {
  const { event, action, deliveryId, installationId, isFork } = facts;
  return { event, action, delivery_id: deliveryId, installation_id: installationId, is_fork: isFork, body, context };
}

function contextOf(facts: GitHubFacts, body: object, files: ChangedFiles): Record<string, unknown> {
  const { head_commit: commit = null, pull_request: pull = null } = body as Record<string, unknown>;
  return {
    repository: facts.repository,
    sha: facts.sha,
    branches: facts.branches,
    tag: facts.tag,
    commit,
    pull_request: pull,
    changed_files: files.paths,
    changed_files_truncated: files.isTruncated,
  };
}

function result(
  { outcome, reason, executionId, occurrenceId }: Handled,
  by: SeenBy | undefined,
): Record<string, unknown> {
  const { id = null, workflowId = null } = by?.trigger ?? {};
  return {
    trigger_id: id,
    workflow_id: workflowId,
    occurrence_id: occurrenceId,
    execution_id: executionId,
    status: outcome,
    duplicate: outcome === 'duplicate',
    reason,
  };
}

function globFaults(path: string, glob: string): Fault[] {
  try {
    globPattern(glob.replace(/^!/, ''));
    return [];
  } catch (error) {
    return [{ path, code: 'pattern_invalid', message: error instanceof Error ? error.message : String(error) }];
  }
}

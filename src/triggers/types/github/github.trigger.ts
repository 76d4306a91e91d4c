import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../../../common/clock.js';
import { AppConfig } from '../../../common/config/app-config.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { GitHubApi } from '../../../common/github/github-api.js';
import type { GitHubIdentity } from '../../../common/github/github.contract.js';
import { githubIdentity } from '../../../common/github/github-identity.js';
import { globFaults } from '../../../common/text/glob-faults.js';
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
  type SharedTriggers,
  type TriggerWarning,
} from '../../trigger.contract.js';
import { DeliveryRefusedError } from '../../triggers.errors.js';
import { DeliveryContext } from './context.js';
import { readDelivery, type GitHubEvent } from './delivery.js';
import { factsOf, record, type GitHubFacts } from './facts.js';
import { filterFacts, filterFiles, needsFiles, type ChangedFiles, type FilteredBy } from './github-filters.js';
import { GitHubConfig } from './github.dto.js';
import { countInstallations, followInstallation } from './installations.js';
import { askForFailed } from './redeliveries.js';

type Armed = ArmedTrigger<GitHubConfig>;

const LISTS = ['events', 'actions', 'repositories', 'tags', 'paths', 'paths_ignore', 'labels'] as const;
const RECONCILE_MS = 60_000;
const LEASE_MS = 60_000;
/** So long GitHub keeps deliveries, and sends them again when it is asked. */
const KEPT_MS = 3 * 86_400_000;
/** A delivery that comes again when GitHub has nearly forgotten it must still be known. */
const KEY_TTL_MS = KEPT_MS + 86_400_000;
/** Between the looks at all that GitHub keeps, the last hour is looked at. */
const LAST_HOUR_MS = 3_600_000;
const WHOLE_EVERY = 60;

/** One App for the whole server; each trigger picks what it wants of its deliveries. */
@Injectable()
export class GitHubTrigger
  extends BaseTrigger<GitHubConfig>
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  override readonly type = 'github';
  override readonly title = 'GitHub';
  override readonly description = 'Fires on deliveries of a GitHub App: pushes, pull requests, issues, releases, …';
  override readonly config = GitHubConfig;
  override readonly isResident = true;
  override readonly sharedRoute = 'webhooks/github';
  private readonly log = new Logger(GitHubTrigger.name);
  private readonly attached = new Set<string>();
  private readonly seen = { accepted: 0, rejected: 0, last: null as Date | null };
  private readonly stop = new AbortController();
  private looks = 0;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly host: TriggerHost,
    private readonly settings: AppConfig,
    private readonly clock: Clock,
    private readonly api: GitHubApi,
  ) {
    super();
  }

  override validate(config: GitHubConfig): readonly Fault[] {
    const lists = LISTS.map((field) => [field, config[field] ?? []] as const);
    const { branches = [], context } = config;
    const ends = Array.isArray(branches)
      ? [['branches', branches] as const]
      : Object.entries(branches).map(([end, globs]) => [`branches.${end}`, globs as string[]] as const);
    return [
      ...[...lists, ...ends].flatMap(([field, globs]) =>
        globs.flatMap((glob, index) => globFaults(`${field}[${index}]`, glob)),
      ),
      ...context.files.flatMap((path, index) => pathFaults(`context.files[${index}]`, path)),
    ];
  }

  override warnings(config: GitHubConfig): readonly TriggerWarning[] {
    const warnings: TriggerWarning[] = [];
    if (this.isDeaf) warnings.push({ code: 'github_secret_missing', message: SECRET_MISSING, at: null });
    const asks = needsFiles(config) || config.context.diff || config.context.files.length > 0;
    if (asks && !this.hasApp) warnings.push({ code: 'github_app_missing', message: APP_MISSING, at: null });
    return warnings;
  }

  override attach(trigger: Armed): Promise<void> {
    this.attached.add(trigger.id);
    this.host.report(trigger.id, { lastError: this.isDeaf ? SECRET_MISSING : null });
    return Promise.resolve();
  }

  override detach(triggerId: string): Promise<void> {
    this.attached.delete(triggerId);
    return Promise.resolve();
  }

  override withholdsSecrets(payload: unknown): boolean {
    return record(payload)['is_fork'] === true;
  }

  /** What was sent while the server was down is asked for when it is up again. */
  onApplicationBootstrap(): void {
    void this.reconcile();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    await this.looking;
  }

  /** On one replica at a time: asks for what GitHub could not deliver. Calls at the same time share one look. */
  @Interval(RECONCILE_MS)
  reconcile(): Promise<void> {
    if (!this.hasApp || !this.settings.roles.includes('scheduler')) return Promise.resolve();
    this.looking = this.looking.then(() => this.askForFailed());
    return this.looking;
  }

  private async askForFailed(): Promise<void> {
    if (this.isStopped()) return;
    const now = this.clock.now();
    const since = now - (this.looks % WHOLE_EVERY === 0 ? KEPT_MS : LAST_HOUR_MS);
    try {
      const count = await this.host.lease('github.redeliveries', LEASE_MS, (lost) =>
        askForFailed(this.api, this.identity(), { now, since, signal: AbortSignal.any([lost, this.stop.signal]) }),
      );
      if (count !== undefined) this.looks += 1;
      if ((count ?? 0) > 0) this.log.log(`asked GitHub to send ${count} deliveries again`);
    } catch (error) {
      if (!this.isStopped())
        this.log.warn(
          `failed deliveries cannot be asked for: ${error instanceof Error ? error.message : String(error)}`,
        );
    }
  }

  /** Answered after the commit of everything that comes of it. */
  override async receiveShared(request: PublicRequest, triggers: SharedTriggers<GitHubConfig>): Promise<PublicAnswer> {
    const delivery = await this.read(request);
    const { event, deliveryId, payload } = delivery;
    const facts = factsOf(event, deliveryId, payload);
    const context = new DeliveryContext(this.api, () => this.identity(), facts);
    const inForce = await triggers.inForce();
    const seen = await Promise.all(inForce.map((trigger) => this.see(trigger, facts, payload, context)));
    const { all, handled, after } = await this.host.transaction(async (client) => {
      await followInstallation(client, delivery);
      // GitHub's API may have taken seconds.
      const held = await triggers.hold(client, inForce);
      const all = seen.flatMap((one) => {
        const trigger = held.get(one.trigger.id);
        return trigger === undefined ? [] : [{ ...one, trigger }];
      });
      return { all, ...(await this.host.handleWithin(client, all)) };
    });
    after();
    this.seen.accepted += 1;
    this.seen.last = this.clock.date();
    return {
      status: 202,
      body: { delivery_id: deliveryId, event, results: handled.map((one, at) => result(one, all[at])) },
    };
  }

  override async sharedStatus(): Promise<SharedRouteStatus> {
    return {
      status: this.isDeaf ? 'refusing' : 'ready',
      detail: this.isDeaf ? SECRET_MISSING : null,
      more: {
        has_app: this.hasApp,
        installations: await this.host.transaction(countInstallations),
        triggers: this.attached.size,
        accepted: this.seen.accepted,
        rejected: this.seen.rejected,
        last_delivery: this.seen.last?.toISOString() ?? null,
      },
    };
  }

  private isStopped(): boolean {
    return this.stop.signal.aborted;
  }

  private get isDeaf(): boolean {
    return this.settings.github.webhookSecret === null;
  }

  private get hasApp(): boolean {
    return this.settings.github.appId !== null && this.settings.github.privateKey !== null;
  }

  /** @throws GitHubNotConfiguredError */
  private identity(): GitHubIdentity {
    return githubIdentity(this.settings.github, null);
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
      early === null && (needsFiles(config) || facts.files !== null || (this.hasApp && facts.range !== null));
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
      keyTtlMs: KEY_TTL_MS,
      withholdsSecrets: facts.isFork,
      ...(no !== null && { refused: { outcome: 'filtered', ...no } }),
      ...(isMarked && { note: { code: 'paths', detail: 'GitHub did not tell all changed files: they may be others' } }),
    };
  }
}

const SECRET_MISSING = 'GITHUB_WEBHOOK_SECRET is not set: all deliveries are refused';
const APP_MISSING = 'GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY are not set: GitHub cannot be asked for files and diffs';

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

/** A path stays in its repository. */
function pathFaults(path: string, file: string): Fault[] {
  const isWhole = file.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  return isWhole ? [] : [{ path, code: 'path_invalid', message: 'a path in the repository', hint: 'docs/README.md' }];
}

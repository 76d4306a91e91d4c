import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../common/config/app-config.js';
import { isId } from '../../common/ids.js';
import { ConcurrencyLimitError } from '../../engine/engine.errors.js';
import { ExecutionEnds, type FinishedExecution } from '../../engine/execution-ends.js';
import { WorkflowDirectory } from '../../workflows/workflow-directory.js';
import { startAnswer, StartAnswers } from '../start-answer.js';
import {
  TriggerHost,
  type ArmedTrigger,
  type Delivery,
  type Handled,
  type PublicAnswer,
  type PublicRequest,
} from '../trigger.contract.js';
import { TriggerManager } from '../trigger-manager.js';
import { TriggerRegistry } from '../trigger-registry.js';
import {
  DeliveryRefusedError,
  OccurrenceFailedError,
  TriggerPausedError,
  WebhookNotFoundError,
  WebhookRunError,
} from '../triggers.errors.js';
import { MethodRefusedError } from './method-refused.js';
import { respondedAnswer } from './responded-answer.js';
import { RateLimiter } from '../../common/http/rate-limiter.js';
import { REJECTIONS_KEPT, rejected } from './rejected.js';

/** A trigger that a request is for, and what its path holds. */
export interface Addressed {
  readonly trigger: ArmedTrigger;
  readonly params: Readonly<Record<string, string>>;
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

/** Deliveries from outside: finds the trigger, lets its type check the sender, records, answers. */
@Injectable()
export class WebhookIngress {
  private readonly log = new Logger(WebhookIngress.name);
  private readonly limiter: RateLimiter | null;
  private readonly rejections = new RateLimiter(REJECTIONS_KEPT);

  constructor(
    private readonly manager: TriggerManager,
    private readonly registry: TriggerRegistry,
    private readonly host: TriggerHost,
    private readonly ends: ExecutionEnds,
    private readonly starts: StartAnswers,
    private readonly workflows: WorkflowDirectory,
    private readonly clock: Clock,
    settings: AppConfig,
  ) {
    this.limiter = settings.rateLimitPublic === null ? null : new RateLimiter(settings.rateLimitPublic);
  }

  /** By path. A miss asks the table: another replica may have deployed a moment ago. @throws 404, 405 */
  async byPath(method: string, path: string): Promise<Addressed> {
    const segments = segmentsOf(path);
    let match = this.manager.routes.match(method, segments);
    if (match?.kind !== 'found') {
      await this.manager.sync();
      match = this.manager.routes.match(method, segments);
    }
    if (match === null) throw new WebhookNotFoundError();
    if (match.kind === 'found') return match;
    throw new MethodRefusedError(match.allow, match.triggers);
  }

  /** By workflow; of several webhooks the first that takes the method. @throws 404, 405 */
  async byWorkflow(method: string, idOrSlug: string): Promise<Addressed> {
    const id = isId(idOrSlug) ? idOrSlug.toLowerCase() : await this.idOf(idOrSlug);
    const trigger = this.pick(id, method);
    if (trigger !== undefined) return { trigger, params: NO_PARAMS };
    await this.manager.sync();
    const fresh = this.pick(id, method);
    if (fresh !== undefined) return { trigger: fresh, params: NO_PARAMS };
    const receivers = this.manager.receiversOf(id);
    if (receivers.length === 0) throw new WebhookNotFoundError();
    const allow = receivers.flatMap((one) => this.registry.get(one.type).methods(one.config));
    throw new MethodRefusedError([...new Set(allow)], receivers);
  }

  /** The most bytes that are read for it. */
  maxBody(trigger: ArmedTrigger): number {
    return this.registry.get(trigger.type).maxBody(trigger.config);
  }

  async receive(trigger: ArmedTrigger, request: PublicRequest): Promise<PublicAnswer> {
    try {
      this.refuseFlood(trigger);
      this.refuseSize(trigger, request.body.length);
      const delivery = await this.registry.get(trigger.type).receive(trigger, request);
      return await this.answer(trigger, delivery, await this.host.handle(trigger, delivery.seen));
    } catch (error) {
      if (error instanceof DeliveryRefusedError) await this.record(trigger, request, error);
      throw error;
    }
  }

  /** Before a byte of the body is read. @throws DeliveryRefusedError 413 */
  async refuseDeclared(trigger: ArmedTrigger, request: PublicRequest, size: number): Promise<void> {
    try {
      this.refuseSize(trigger, size);
    } catch (error) {
      if (error instanceof DeliveryRefusedError) await this.record(trigger, request, error, size);
      throw error;
    }
  }

  /** Who was refused and why, without what was sent. */
  async record(
    trigger: ArmedTrigger,
    request: PublicRequest,
    error: DeliveryRefusedError,
    size = request.body.length,
  ): Promise<void> {
    if (this.rejections.take(trigger.id, this.clock.now()) > 0) return;
    const seen = rejected(request, error, this.clock.date(), size);
    await this.host.handle(trigger, seen).catch((cause: unknown) => {
      this.log.warn(`a rejected delivery of trigger ${trigger.id} could not be recorded: ${String(cause)}`);
    });
  }

  private refuseSize(trigger: ArmedTrigger, size: number): void {
    const most = this.maxBody(trigger);
    if (size <= most) return;
    throw new DeliveryRefusedError({
      status: 413,
      code: 'body_too_large',
      message: `The body is larger than ${most} bytes.`,
    });
  }

  private pick(workflowId: string, method: string): ArmedTrigger | undefined {
    return this.manager
      .receiversOf(workflowId)
      .find((trigger) => this.registry.get(trigger.type).methods(trigger.config).includes(method));
  }

  private async idOf(slug: string): Promise<string> {
    try {
      return (await this.workflows.get(slug)).id;
    } catch (cause) {
      throw new WebhookNotFoundError(cause);
    }
  }

  private refuseFlood(trigger: ArmedTrigger): void {
    const wait = this.limiter?.take(trigger.id, this.clock.now()) ?? 0;
    if (wait === 0) return;
    throw new DeliveryRefusedError({
      status: 429,
      code: 'rate_limited',
      reason: 'rate_limit',
      message: 'Too many deliveries. Try again later.',
      headers: { 'Retry-After': String(wait) },
    });
  }

  private async answer(trigger: ArmedTrigger, delivery: Delivery, handled: Handled): Promise<PublicAnswer> {
    const { outcome, reason, executionId } = handled;
    if (outcome === 'failed') throw new OccurrenceFailedError(reason?.detail ?? '');
    if (outcome === 'skipped' && reason?.code === 'concurrency') throw new ConcurrencyLimitError();
    if (outcome === 'skipped' && reason?.code === 'paused') throw new TriggerPausedError(reason.detail);
    if (delivery.answer === 'wait' && executionId !== null) {
      const finished = await this.ends.wait(executionId, delivery.waitMs);
      if (finished !== null) return outputOf(finished);
    }
    const { workflowId } = trigger;
    if (delivery.answer === 'respond' && outcome === 'fired' && executionId !== null) {
      const responded = await this.ends.waitForResponse(executionId, delivery.waitMs);
      if (responded !== null) return respondedAnswer(responded, startAnswer(workflowId, handled));
    }
    return { status: 202, body: await this.starts.of(workflowId, handled, delivery.answer !== 'ack') };
  }
}

function outputOf(finished: FinishedExecution): PublicAnswer {
  if (finished.status === 'completed') return { status: 200, body: finished.output };
  throw new WebhookRunError(finished);
}

function segmentsOf(path: string): string[] {
  try {
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch (cause) {
    throw new WebhookNotFoundError(cause);
  }
}

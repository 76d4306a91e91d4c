import { Injectable } from '@nestjs/common';
import type { Fault } from '../../../common/errors/app-error.js';
import { EventOutlet, OWN_EVENTS } from '../../event-outlet.contract.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { EmitConfig } from './emit.config.js';

@Injectable()
export class EmitNode extends NodeType<EmitConfig> {
  readonly type = 'emit';
  readonly kind = 'FLOW';
  readonly title = 'Emit event';
  readonly description = 'Emits an event, once, for event triggers and for steps that wait for it.';
  readonly config = EmitConfig;

  constructor(private readonly events: EventOutlet) {
    super();
  }

  effect(): 'once' {
    return 'once';
  }

  override faults({ type }: EmitConfig): readonly Fault[] {
    if (typeof type !== 'string' || !type.startsWith(OWN_EVENTS)) return [];
    const message = `types that begin with ${OWN_EVENTS} are the engine's own`;
    return [{ path: 'type', code: 'type_reserved', message, hint: 'Name it after what has happened: order.paid' }];
  }

  /** The idempotency key is the event's id: a step that runs again emits nothing new. */
  async execute(ctx: NodeContext<EmitConfig>): Promise<NodeOutcome> {
    const { type, source = `/workflows/${ctx.workflowId}`, subject = null, data = null } = ctx.config;
    const { idempotencyKey: id, executionId, workflowId } = ctx;
    await this.events.emit({ id, type, source, subject, data, executionId, workflowId });
    return done({ id, type, source });
  }
}

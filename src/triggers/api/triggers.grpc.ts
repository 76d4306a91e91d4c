import { Controller } from '@nestjs/common';
import type { Metadata } from '@grpc/grpc-js';
import { callerOf, checked, type GrpcCall, Rpc, sent } from '../../common/grpc/rpc.js';
import {
  count,
  fromEnum,
  fromTimestamp,
  optional,
  type PageRequest,
  pageIn,
  pageOut,
  type SecondsMessage,
  text,
  toEnum,
  toTimestamp,
} from '../../common/grpc/scalars.js';
import {
  fromStruct,
  fromValue,
  type StructMessage,
  toStruct,
  toValue,
  type ValueMessage,
} from '../../common/grpc/values.js';
import { keyIn } from '../../engine/start/idempotency-key.js';
import type { ConfirmationAnswer } from '../manual/manual.service.js';
import type { StartAnswer } from '../start-answer.js';
import { TriggerFiring } from '../trigger-firing.service.js';
import { TriggerService } from '../trigger.service.js';
import type { OccurrenceView, TriggerView } from '../trigger.view.js';
import { ManualBody } from './manual.dto.js';
import { CreateTriggerBody, OccurrencesQuery, UpdateTriggerBody } from './trigger.dto.js';

interface TriggerFields {
  name?: string | null;
  config?: StructMessage | null;
  is_enabled?: boolean | null;
  filter?: string | null;
  input?: ValueMessage | null;
  priority?: number | null;
  dedup?: { key?: string; ttl?: number } | null;
  start_at?: SecondsMessage | null;
  end_at?: SecondsMessage | null;
  mode?: string;
}
interface FireRequest {
  id: string;
  payload?: ValueMessage | null;
  variables?: StructMessage | null;
  priority?: number;
  idempotency_key?: string;
  confirmation_token?: string;
}
interface OccurrencesRequest extends PageRequest {
  trigger_id: string;
  outcome?: string;
  from?: SecondsMessage | null;
  to?: SecondsMessage | null;
}

const OUTCOME = 'OCCURRENCE_OUTCOME';
const MODE = 'TRIGGER_MODE';

/** Triggers by gRPC: proto/trigger_service.proto. */
@Controller()
export class TriggersGrpc {
  constructor(
    private readonly triggers: TriggerService,
    private readonly firing: TriggerFiring,
  ) {}

  @Rpc('TriggerService/CreateTrigger', 'editor', 'POST /workflows/:workflow_id/triggers', toTrigger)
  create(request: TriggerFields & { workflow_id: string; type: string }, _metadata: Metadata, call: GrpcCall) {
    const body = checked(CreateTriggerBody, { ...fieldsOf(request), type: request.type });
    return this.triggers.create(request.workflow_id, body, callerOf(call));
  }

  @Rpc('TriggerService/GetTrigger', 'viewer', 'GET /triggers/:id', toTrigger)
  get({ id }: { id: string }, _metadata: Metadata, call: GrpcCall) {
    return this.triggers.get(id, callerOf(call));
  }

  @Rpc('TriggerService/UpdateTrigger', 'editor', 'PUT /triggers/:id', toTrigger)
  update(request: TriggerFields & { id: string }, _metadata: Metadata, call: GrpcCall) {
    return this.triggers.update(request.id, checked(UpdateTriggerBody, fieldsOf(request)), callerOf(call));
  }

  @Rpc('TriggerService/DeleteTrigger', 'editor', 'DELETE /triggers/:id', () => ({}))
  remove({ id }: { id: string }, _metadata: Metadata, call: GrpcCall) {
    return this.triggers.remove(id, callerOf(call));
  }

  @Rpc('TriggerService/ListTriggers', 'viewer', 'GET /workflows/:workflow_id/triggers', toTriggers)
  list({ workflow_id: id }: { workflow_id: string }, _metadata: Metadata, call: GrpcCall) {
    return this.triggers.ofWorkflow(id, callerOf(call));
  }

  @Rpc('TriggerService/EnableTrigger', 'editor', 'PUT /triggers/:id', toTrigger)
  enable({ id }: { id: string }, _metadata: Metadata, call: GrpcCall) {
    return this.triggers.update(id, { is_enabled: true }, callerOf(call));
  }

  @Rpc('TriggerService/DisableTrigger', 'editor', 'PUT /triggers/:id', toTrigger)
  disable({ id }: { id: string }, _metadata: Metadata, call: GrpcCall) {
    return this.triggers.update(id, { is_enabled: false }, callerOf(call));
  }

  @Rpc('TriggerService/FireTrigger', 'operator', 'POST /triggers/:id/fire', toFired)
  fire(request: FireRequest, metadata: Metadata, call: GrpcCall) {
    const { variables, priority } = checked(ManualBody, {
      variables: fromStruct(request.variables),
      priority: count(request.priority),
    });
    const order = {
      payload: fromValue(request.payload),
      variables: variables ?? {},
      priority: priority ?? null,
      idempotencyKey: keyIn(text(request.idempotency_key) ?? sent(metadata, 'idempotency-key')),
      confirmationToken: text(request.confirmation_token) ?? null,
    };
    return this.firing.fire(request.id, order, callerOf(call));
  }

  @Rpc(
    'TriggerService/ListOccurrences',
    'viewer',
    'GET /triggers/:trigger_id/occurrences',
    pageOut('occurrences', toOccurrence),
  )
  occurrences(request: OccurrencesRequest, _metadata: Metadata, call: GrpcCall) {
    const query = checked(OccurrencesQuery, {
      ...pageIn(request),
      outcome: fromEnum(OUTCOME, request.outcome, 'outcome'),
      from: fromTimestamp(request.from, 'from'),
      to: fromTimestamp(request.to, 'to'),
    });
    return this.triggers.listOccurrences(request.trigger_id, query, callerOf(call));
  }
}

function fieldsOf(request: TriggerFields): object {
  const { dedup } = request;
  return {
    name: optional(request.name),
    config: fromStruct(request.config),
    is_enabled: optional(request.is_enabled),
    filter: optional(request.filter),
    input: fromValue(request.input),
    priority: optional(request.priority),
    dedup: dedup ? { ...(text(dedup.key) && { key: dedup.key }), ...(dedup.ttl && { ttl: dedup.ttl }) } : undefined,
    start_at: fromTimestamp(request.start_at, 'start_at'),
    end_at: fromTimestamp(request.end_at, 'end_at'),
    mode: fromEnum(MODE, request.mode, 'mode'),
  };
}

function toTriggers(views: readonly TriggerView[]): object {
  return { triggers: views.map(toTrigger) };
}

function toTrigger(view: TriggerView): object {
  const { health } = view;
  return {
    ...view,
    config: toStruct(view.config),
    input: view.input === null ? undefined : toValue(view.input),
    mode: toEnum(MODE, view.mode),
    start_at: toTimestamp(view.start_at),
    end_at: toTimestamp(view.end_at),
    last_triggered: toTimestamp(view.last_triggered),
    next_due: toTimestamp(view.next_due),
    health: {
      ...health,
      status: toEnum('TRIGGER_HEALTH_STATUS', health.status),
      armed_since: toTimestamp(health.armed_since),
      connected_since: toTimestamp(health.connected_since),
      last_looked: toTimestamp(health.last_looked),
      last_fired: toTimestamp(health.last_fired),
      next_due: toTimestamp(health.next_due),
    },
  };
}

function toFired(answer: StartAnswer | ConfirmationAnswer): object {
  if (!('confirmation_required' in answer)) return answer;
  const { confirmation_token: token, expires_at } = answer;
  return { confirmation: { token, expires_at: toTimestamp(expires_at) } };
}

function toOccurrence(view: OccurrenceView): object {
  return {
    ...view,
    occurred_at: toTimestamp(view.occurred_at),
    scheduled_for: toTimestamp(view.scheduled_for),
    outcome: toEnum(OUTCOME, view.outcome),
    payload: toValue(view.payload),
  };
}

import { Controller } from '@nestjs/common';
import type { Metadata } from '@grpc/grpc-js';
import { callerOf, checked, type GrpcCall, Rpc } from '../common/grpc/rpc.js';
import {
  fromEnums,
  optional,
  type PageRequest,
  pageIn,
  pageOut,
  text,
  toEnum,
  toTimestamp,
} from '../common/grpc/scalars.js';
import { fromStruct, type StructMessage } from '../common/grpc/values.js';
import { etagOf, revisionsIn } from './if-match.js';
import { readWorkflowBody, type WorkflowInput } from './workflow-body.js';
import type { WorkflowView } from './workflow-view.js';
import { WorkflowQuery } from './workflow.dto.js';
import { WorkflowsService } from './workflows.service.js';

interface WorkflowFields {
  name?: string | null;
  description?: string | null;
  source?: 'definition' | 'definition_struct';
  definition?: string;
  definition_struct?: StructMessage;
  owner_id?: string | null;
  is_template?: boolean | null;
  slug?: string | null;
}
type CreateRequest = WorkflowFields & { tags?: string[] };
type UpdateRequest = WorkflowFields & { id: string; tags?: { values?: string[] } | null; etag?: string };
interface ListRequest extends PageRequest {
  owner_id?: string;
  statuses?: string[];
  tags?: string[];
  query?: string;
  is_template?: boolean | null;
}

const STATUS = 'WORKFLOW_STATUS';

/** Workflows by gRPC: proto/workflow_service.proto. */
@Controller()
export class WorkflowsGrpc {
  constructor(private readonly workflows: WorkflowsService) {}

  @Rpc('WorkflowService/CreateWorkflow', 'editor', 'POST /workflows', toWorkflow)
  create(request: CreateRequest, _metadata: Metadata, call: GrpcCall) {
    const { tags, name, slug, owner_id, ...others } = request;
    // What cannot be told from an empty text was not given.
    const fields = { ...others, name: text(name), slug: text(slug), owner_id: text(owner_id) };
    return this.workflows.create(inputOf(fields, tags), callerOf(call));
  }

  @Rpc('WorkflowService/GetWorkflow', 'viewer', 'GET /workflows/:id', toWorkflow)
  get({ id }: { id: string }, _metadata: Metadata, call: GrpcCall) {
    return this.workflows.get(id, callerOf(call));
  }

  @Rpc('WorkflowService/UpdateWorkflow', 'editor', 'PUT /workflows/:id', toWorkflow)
  update(request: UpdateRequest, _metadata: Metadata, call: GrpcCall) {
    const { id, tags, etag, ...fields } = request;
    return this.workflows.change(id, inputOf(fields, tags?.values), revisionsIn(text(etag)), callerOf(call));
  }

  @Rpc('WorkflowService/DeleteWorkflow', 'editor', 'DELETE /workflows/:id', () => ({}))
  remove({ id, etag }: { id: string; etag?: string }, _metadata: Metadata, call: GrpcCall) {
    return this.workflows.remove(id, revisionsIn(text(etag)), callerOf(call));
  }

  @Rpc('WorkflowService/ListWorkflows', 'viewer', 'GET /workflows', pageOut('workflows', toWorkflow))
  list(request: ListRequest, _metadata: Metadata, call: GrpcCall) {
    const query = checked(WorkflowQuery, {
      ...pageIn(request),
      owner_id: text(request.owner_id),
      status: fromEnums(STATUS, request.statuses, 'statuses'),
      tags: request.tags?.length ? request.tags : undefined,
      q: text(request.query),
      is_template: optional(request.is_template),
    });
    return this.workflows.list(query, callerOf(call));
  }
}

function inputOf({ source, definition, definition_struct, ...entity }: WorkflowFields, tags?: string[]): WorkflowInput {
  const given = source === 'definition' ? definition : fromStruct(definition_struct);
  const fields = Object.entries({ ...entity, tags, definition: given }).filter(
    ([name, value]) => value !== undefined && value !== null && !name.startsWith('_'),
  );
  return readWorkflowBody(Object.fromEntries(fields));
}

function toWorkflow(view: WorkflowView): object {
  return {
    ...view,
    status: toEnum(STATUS, String(view['status'])),
    definition: JSON.stringify(view['definition']),
    last_executed: toTimestamp(view['last_executed'] as Date | null),
    created_at: toTimestamp(view['created_at'] as Date),
    updated_at: toTimestamp(view['updated_at'] as Date),
    etag: etagOf(Number(view['revision'])),
  };
}

import { Controller } from '@nestjs/common';
import type { Metadata } from '@grpc/grpc-js';
import { callerOf, checked, type GrpcCall, Rpc } from '../../common/grpc/rpc.js';
import { optional, type PageRequest, pageIn, pageOut, text, toTimestamp } from '../../common/grpc/scalars.js';
import { fromStruct, type StructMessage, toStruct } from '../../common/grpc/values.js';
import type { Plain } from '../../common/plain.js';
import { ConnectionBody, type ConnectionDto, NewConnectionBody } from './connection.dto.js';
import { ConnectionTests } from './connection-tests.service.js';
import { ConnectionsService } from './connections.service.js';

interface Fields {
  name?: string | null;
  type?: string | null;
  config?: StructMessage | null;
  description?: string | null;
}
interface Addressed {
  /** Id or name. */
  id: string;
}

/** Connections by gRPC: proto/integration.proto. */
@Controller()
export class ConnectionsGrpc {
  constructor(
    private readonly connections: ConnectionsService,
    private readonly tests: ConnectionTests,
  ) {}

  @Rpc('IntegrationService/CreateConnection', 'admin', 'POST /connections', toConnection)
  create(request: Fields, _metadata: Metadata, call: GrpcCall) {
    const { name, type, config, description } = request;
    const body = { name, type, config: fromStruct(config), description: text(description) };
    return this.connections.create(checked(NewConnectionBody, body), callerOf(call));
  }

  @Rpc('IntegrationService/GetConnection', 'admin', 'GET /connections/:id', toConnection)
  get({ id }: Addressed) {
    return this.connections.get(id);
  }

  @Rpc('IntegrationService/UpdateConnection', 'admin', 'PUT /connections/:id', toConnection)
  update({ id, name, type, config, description }: Addressed & Fields, _metadata: Metadata, call: GrpcCall) {
    const body = checked(ConnectionBody, {
      name: optional(name),
      type: optional(type),
      config: fromStruct(config),
      description: optional(description),
    });
    return this.connections.update(id, body, callerOf(call));
  }

  @Rpc('IntegrationService/ListConnections', 'admin', 'GET /connections', pageOut('connections', toConnection))
  list(request: PageRequest) {
    const { limit, cursor } = pageIn(request);
    return this.connections.list(limit, cursor);
  }

  @Rpc('IntegrationService/TestConnection', 'admin', 'POST /connections/:id/test', (outcome: object) => outcome)
  test({ id }: Addressed) {
    return this.tests.test(id);
  }

  @Rpc('IntegrationService/DeleteConnection', 'admin', 'DELETE /connections/:id', () => ({}))
  remove({ id }: Addressed, _metadata: Metadata, call: GrpcCall) {
    return this.connections.remove(id, callerOf(call));
  }
}

function toConnection(view: Plain<ConnectionDto>): object {
  return {
    ...view,
    config: toStruct(view.config),
    created_at: toTimestamp(view.created_at),
    updated_at: toTimestamp(view.updated_at),
  };
}

import { Module } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { GrpcAccessGuard } from './access/grpc-access.guard.js';
import { GrpcAnswerInterceptor } from './access/grpc-answer.interceptor.js';
import { AgentsGrpc } from './engine/agents/agents.grpc.js';
import { ExecutionsGrpc } from './engine/executions.grpc.js';
import { OperationsModule } from './operations/operations.module.js';
import { ConnectionsGrpc } from './secrets/connections/connections.grpc.js';
import { TriggersGrpc } from './triggers/api/triggers.grpc.js';
import { TriggersModule } from './triggers/triggers.module.js';
import { GenerationGrpc } from './workflows/generation/generation.grpc.js';
import { WorkflowsGrpc } from './workflows/workflows.grpc.js';

/** The gRPC transports. Loaded only with GRPC_PORT; services come from where HTTP has them. */
@Module({
  imports: [AccessModule, TriggersModule, OperationsModule],
  controllers: [WorkflowsGrpc, ExecutionsGrpc, TriggersGrpc, ConnectionsGrpc, GenerationGrpc, AgentsGrpc],
  providers: [GrpcAccessGuard, GrpcAnswerInterceptor],
})
export class GrpcModule {}

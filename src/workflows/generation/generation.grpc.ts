import { Controller } from '@nestjs/common';
import { checked, Rpc } from '../../common/grpc/rpc.js';
import { text } from '../../common/grpc/scalars.js';
import { GenerateBody } from './generation.dto.js';
import { WorkflowGeneration } from './workflow-generation.service.js';

interface GenerateRequest {
  text: string;
  connection?: string;
  model?: string;
}
type Generated = Awaited<ReturnType<WorkflowGeneration['generate']>>;

/** Drafts by gRPC: proto/ai_service.proto. */
@Controller()
export class GenerationGrpc {
  constructor(private readonly generation: WorkflowGeneration) {}

  @Rpc('AIAgentService/GenerateWorkflow', 'editor', 'POST /workflows/generate', toGenerated)
  generate(request: GenerateRequest) {
    const { connection, model } = request;
    return this.generation.generate(
      checked(GenerateBody, { text: request.text, connection: text(connection), model: text(model) }),
    );
  }
}

function toGenerated({ definition, ...draft }: Generated): object {
  return { ...draft, definition: definition === null ? '' : JSON.stringify(definition) };
}

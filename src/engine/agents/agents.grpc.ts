import { Controller } from '@nestjs/common';
import type { Metadata } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';
import { callerOf, type GrpcCall, Rpc, sent } from '../../common/grpc/rpc.js';
import { count, optional, text } from '../../common/grpc/scalars.js';
import { streamOf } from '../../common/grpc/stream.js';
import { fromStruct, type StructMessage } from '../../common/grpc/values.js';
import { type AgentSetting, type AgentStart, AgentRuns } from './agent-runs.service.js';
import { type AgentView, toAgentMessage } from './agent.messages.js';

interface ToolMessage {
  mcp?: string;
  only?: string[];
  node?: string;
  config?: StructMessage | null;
  workflow?: string;
  name?: string;
  description?: string;
  parameters?: StructMessage | null;
}
interface RunAgentRequest {
  task: string;
  agent_id?: string;
  provider?: string;
  model?: string;
  system?: string;
  tools?: ToolMessage[];
  max_turns?: number;
  max_tokens?: number;
  temperature?: number | null;
  memory?: { conversation: string; max_messages?: number } | null;
  budget?: { tokens?: number; usd?: number | null } | null;
  idempotency_key?: string;
}

/** Agents by gRPC: proto/ai_service.proto. */
@Controller()
export class AgentsGrpc {
  constructor(private readonly runs: AgentRuns) {}

  /** Who runs an agent writes a definition: by HTTP, too, that is for editors. */
  @Rpc('AIAgentService/RunAgent', 'editor', 'POST /workflows/:workflow_id/execute', toAgentMessage)
  async run(request: RunAgentRequest, metadata: Metadata, call: GrpcCall): Promise<Observable<AgentView>> {
    const idempotencyKey = text(request.idempotency_key) ?? sent(metadata, 'idempotency-key');
    const start = await this.runs.start({ setting: settingOf(request), idempotencyKey, caller: callerOf(call) });
    return streamOf(call, (signal) => this.views(start, signal));
  }

  private async *views(start: AgentStart, signal: AbortSignal): AsyncGenerator<AgentView> {
    yield start;
    for await (const event of this.runs.events(start, signal)) {
      if (event.event === 'end') yield { result: await this.runs.result(start) };
      else if (event.event !== 'step') yield event;
    }
  }
}

function settingOf(request: RunAgentRequest): AgentSetting {
  const { task, temperature, tools = [], memory, budget } = request;
  return {
    task,
    ...given({
      agent_id: text(request.agent_id),
      provider: text(request.provider),
      model: text(request.model),
      system: text(request.system),
      tools: tools.length === 0 ? undefined : tools.map(toolOf),
      max_turns: count(request.max_turns),
      max_tokens: count(request.max_tokens),
      temperature: optional(temperature),
      budget: budget ? given({ tokens: count(budget.tokens), usd: optional(budget.usd) }) : undefined,
    }),
    ...(memory && {
      memory: { conversation: memory.conversation, ...given({ max_messages: count(memory.max_messages) }) },
    }),
  };
}

function toolOf({ only, config, parameters, ...words }: ToolMessage): object {
  return given({
    ...Object.fromEntries(Object.entries(words).map(([name, word]) => [name, text(word)])),
    only: only?.length ? only : undefined,
    config: fromStruct(config),
    parameters: fromStruct(parameters),
  });
}

function given(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

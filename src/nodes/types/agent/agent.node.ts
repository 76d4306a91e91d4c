import { Injectable } from '@nestjs/common';
import { LanguageModelError } from '../../../common/ai/ai.errors.js';
import { LanguageModels, type ChatMessage } from '../../../common/ai/language-models.contract.js';
import { AppError, type Fault } from '../../../common/errors/app-error.js';
import { McpClients } from '../../../common/mcp/mcp-clients.js';
import { McpFailure } from '../../../common/mcp/mcp.errors.js';
import { Memory, type MemoryPlace } from '../../../common/memory/memory.contract.js';
import { Redactor } from '../../../common/logging/redactor.js';
import { exactlyOne } from '../../../common/validation/rules.js';
import { NodeType, type NodeContext, type NodeOutcome, type StepJournal } from '../../node.contract.js';
import { AttemptAbortedError, NodeError } from '../../nodes.errors.js';
import { AgentRun } from './agent-run.js';
import { AgentConfig, type AgentMemory } from './agent.config.js';
import { offeredTools } from './agent-tools.js';
import { Spending } from './spending.js';

const MESSAGES = 'messages';

@Injectable()
export class AgentNode extends NodeType<AgentConfig> {
  readonly type = 'agent';
  readonly kind = 'AI_AGENT';
  readonly title = 'Agent';
  readonly description =
    'Lets a language model do a task with tools: MCP servers, node types and workflows, within a budget.';
  readonly config = AgentConfig;

  constructor(
    private readonly models: LanguageModels,
    private readonly clients: McpClients,
    private readonly memory: Memory,
    private readonly redactor: Redactor,
  ) {
    super();
  }

  effect(): 'once' {
    return 'once';
  }

  override faults({ agent_id, model, provider, tools }: AgentConfig): readonly Fault[] {
    const faults: Fault[] = [];
    if (agent_id === undefined && model === undefined)
      faults.push({ path: 'model', code: 'field_required', message: '"model" or "agent_id" is required' });
    if (provider === 'openai_compatible' && agent_id === undefined && !this.models.hasCompatible)
      faults.push({
        path: 'agent_id',
        code: 'field_required',
        message: 'openai_compatible needs "agent_id", a connection with its base_url, or OPENAI_BASE_URL',
      });
    if (!Array.isArray(tools)) return faults;
    for (const [index, tool] of tools.entries())
      for (const fault of exactlyOne(tool, ['mcp', 'node', 'workflow']))
        faults.push({ ...fault, path: `tools[${index}].${fault.path}` });
    return faults;
  }

  async execute(ctx: NodeContext<AgentConfig>): Promise<NodeOutcome> {
    try {
      return await this.work(ctx);
    } catch (error) {
      if (ctx.signal.aborted) throw new AttemptAbortedError(ctx.signal);
      const afterMs = error instanceof LanguageModelError || error instanceof McpFailure ? error.afterMs : null;
      if (error instanceof AppError && afterMs !== null) {
        const { code, message, retryable } = error;
        return { kind: 'retry', after: afterMs, error: { code, message, retryable } };
      }
      if (error instanceof AppError && !(error instanceof NodeError))
        throw new NodeError(error.code, error.message, { retryable: error.retryable, cause: error });
      throw error;
    }
  }

  private async work(ctx: NodeContext<AgentConfig>): Promise<NodeOutcome> {
    const { config, signal } = ctx;
    const journal = ctx.journal ?? NOWHERE;
    const known = await journal.read();
    const connection =
      config.agent_id === undefined ? null : (await ctx.connections.get(config.agent_id, 'llm')).config;
    const model = config.model ?? connection?.model;
    if (model === undefined) throw new NodeError('llm_not_configured', 'Neither the step nor agent_id names a model');
    const endpoint = this.models.endpoint(config.provider, connection);
    const system = [connection?.system, config.system].filter((text) => text !== undefined && text !== '').join('\n\n');
    const run = new AgentRun(
      ctx,
      {
        models: this.models,
        request: {
          endpoint,
          model,
          ...(system !== '' && { system }),
          temperature: config.temperature,
          maxTokens: config.max_tokens,
          signal,
        },
        tools: await offeredTools(ctx, this.clients),
        spending: new Spending(config.budget ?? {}, this.models.priceOf(endpoint, model)),
        remembered: await this.remembered(config.memory, journal, known),
      },
      journal,
      known,
    );
    const outcome = await run.run();
    if (outcome.kind === 'done' && config.memory !== undefined) await this.remember(ctx, config.memory, outcome.output);
    return outcome;
  }

  /** What the agent knew when it began: another attempt must go through the same turns. */
  private async remembered(
    memory: AgentMemory | undefined,
    journal: StepJournal,
    known: ReadonlyMap<string, unknown>,
  ): Promise<readonly ChatMessage[]> {
    if (memory === undefined) return [];
    const recorded = known.get('remembered');
    if (recorded !== undefined) return recorded as ChatMessage[];
    const entry = await this.memory.get(placeOf(memory), MESSAGES);
    const messages = Array.isArray(entry?.value) ? (entry.value as ChatMessage[]).slice(-memory.max_messages) : [];
    await journal.write('remembered', messages);
    return messages;
  }

  private async remember(ctx: NodeContext<AgentConfig>, memory: AgentMemory, output: unknown): Promise<void> {
    const { text } = output as { text: string };
    const added = [
      { role: 'user', content: ctx.config.task },
      { role: 'assistant', content: text },
    ];
    const safe = this.redactor.value(added) as unknown[];
    const change = (before: unknown): unknown[] =>
      [...(Array.isArray(before) ? (before as unknown[]) : []), ...safe].slice(-memory.max_messages);
    const write = { ttlMs: null, ifRevision: null, writtenBy: ctx.idempotencyKey };
    await this.memory.change(placeOf(memory), MESSAGES, change, write);
  }
}

function placeOf({ conversation }: AgentMemory): MemoryPlace {
  return { scope: 'conversation', owner: conversation };
}

/** Outside of an execution nothing can be taken up again. */
const NOWHERE: StepJournal = { read: () => Promise.resolve(new Map()), write: () => Promise.resolve() };

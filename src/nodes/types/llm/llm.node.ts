import { Injectable } from '@nestjs/common';
import { LanguageModelError } from '../../../common/ai/ai.errors.js';
import { askForJson, schemaFault } from '../../../common/ai/ask-for-json.js';
import {
  LanguageModels,
  type ChatMessage,
  type ModelRequest,
  type Usage,
} from '../../../common/ai/language-models.contract.js';
import { AppError, type Fault } from '../../../common/errors/app-error.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { AttemptAbortedError, NodeError } from '../../nodes.errors.js';
import { LlmConfig, type LlmMessage } from './llm.config.js';

interface Answered {
  readonly text: string;
  readonly json: unknown;
  readonly usage: Usage | null;
  readonly cost: number | null;
  readonly finish_reason: string;
}

@Injectable()
export class LlmNode extends NodeType<LlmConfig> {
  readonly type = 'llm';
  readonly kind = 'AI_AGENT';
  readonly title = 'Language model';
  readonly description =
    'Asks a language model of OpenAI, Anthropic or a compatible server, for text or for JSON by a schema.';
  readonly config = LlmConfig;

  constructor(private readonly models: LanguageModels) {
    super();
  }

  effect(): 'idempotent' {
    return 'idempotent';
  }

  override faults(config: LlmConfig): readonly Fault[] {
    const { prompt, messages, provider, connection, base_url, model, response_schema } = config;
    const faults: Fault[] = [];
    const fault = (path: string, code: string, message: string): number => faults.push({ path, code, message });
    if (prompt === undefined && messages === undefined)
      fault('prompt', 'field_required', '"prompt" or "messages" is required');
    if (
      prompt === undefined &&
      Array.isArray(messages) &&
      messages.every((each) => (each as LlmMessage | null)?.role === 'system')
    )
      fault('prompt', 'field_required', '"prompt" is required where "messages" holds instructions only');
    if (model === undefined && connection === undefined)
      fault('model', 'field_required', '"model" is required without a connection that has one');
    if (provider === 'openai_compatible' && !this.isReachable(config))
      fault('base_url', 'field_required', 'openai_compatible needs "base_url", "connection", or OPENAI_BASE_URL');
    // A key must not be sent where a definition says.
    if (base_url !== undefined && provider !== 'openai_compatible')
      fault('base_url', 'value_invalid', '"base_url" goes with provider openai_compatible');
    if (base_url !== undefined && connection !== undefined)
      fault('base_url', 'value_invalid', '"base_url" does not go with a connection, which has its own');
    const wrong = response_schema === undefined || holdsTemplate(response_schema) ? null : schemaFault(response_schema);
    if (wrong !== null) fault('response_schema', 'value_invalid', `response_schema is no JSON Schema: ${wrong}`);
    return faults;
  }

  private isReachable({ connection, base_url }: LlmConfig): boolean {
    return connection !== undefined || base_url !== undefined || this.models.hasCompatible;
  }

  async execute(ctx: NodeContext<LlmConfig>): Promise<NodeOutcome> {
    try {
      const { model, answered } = await this.ask(ctx);
      if (answered.cost === null) ctx.log.warn(`The cost of ${model} is not known`, { usage: answered.usage });
      return done({ ...answered, model });
    } catch (error) {
      if (ctx.signal.aborted) throw new AttemptAbortedError(ctx.signal);
      if (error instanceof LanguageModelError && error.afterMs !== null) {
        const { code, message, retryable, afterMs } = error;
        return { kind: 'retry', after: afterMs, error: { code, message, retryable } };
      }
      if (error instanceof AppError && !(error instanceof NodeError))
        throw new NodeError(error.code, error.message, { retryable: error.retryable, cause: error });
      throw error;
    }
  }

  private async ask(ctx: NodeContext<LlmConfig>): Promise<{ model: string; answered: Answered }> {
    const { config } = ctx;
    const connection =
      config.connection === undefined ? null : (await ctx.connections.get(config.connection, 'llm')).config;
    const model = config.model ?? connection?.model;
    if (model === undefined)
      throw new NodeError('llm_not_configured', 'Neither the step nor its connection names a model');
    const { instructions, conversation } = conversationOf(config);
    const system = [connection?.system, config.system, ...instructions].filter(Boolean).join('\n\n');
    const request: ModelRequest = {
      endpoint: this.models.endpoint(config.provider, connection, config.base_url),
      model,
      ...(system !== '' && { system }),
      messages: conversation,
      temperature: config.temperature,
      maxTokens: config.max_tokens,
      idempotencyKey: ctx.idempotencyKey,
      signal: ctx.signal,
      onText: (piece, isLast) => ctx.tell?.(piece, isLast),
    };
    if (config.response_schema === undefined) {
      const { text, usage, cost, finishReason } = await this.models.complete(request);
      return { model, answered: { text, json: null, usage, cost, finish_reason: finishReason } };
    }
    const { answer, json, usage, cost } = await askForJson(this.models, request, config.response_schema);
    return { model, answered: { text: answer.text, json, usage, cost, finish_reason: answer.finishReason } };
  }
}

/** Not every provider takes instructions between the messages: they all stand above. */
function conversationOf({ messages = [], prompt }: LlmConfig): {
  instructions: readonly string[];
  conversation: readonly ChatMessage[];
} {
  const conversation: ChatMessage[] = [];
  const instructions: string[] = [];
  for (const { role, content } of messages)
    if (role === 'system') instructions.push(content);
    else conversation.push({ role, content });
  if (prompt !== undefined) conversation.push({ role: 'user', content: prompt });
  return { instructions, conversation };
}

function holdsTemplate(schema: unknown): boolean {
  return JSON.stringify(schema).includes('{{');
}

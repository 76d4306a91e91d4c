import type Anthropic from '@anthropic-ai/sdk';
import type { ChatMessage, ModelAnswer, ModelRequest, ToolCall } from '../language-models.contract.js';
import { streamCut } from '../model-failures.js';
import { toolArguments } from './tool-arguments.js';

type Answer = Omit<ModelAnswer, 'cost'>;
type Event = Anthropic.Messages.RawMessageStreamEvent;

/** The messages API. Loaded when it is first used. */
export async function completeByAnthropic(request: ModelRequest, fetch: typeof globalThis.fetch): Promise<Answer> {
  const { default: Client } = await import('@anthropic-ai/sdk');
  const { endpoint, signal, idempotencyKey } = request;
  const client = new Client({
    apiKey: endpoint.apiKey,
    authToken: null,
    baseURL: endpoint.baseUrl,
    // Retries are the engine's: a second call would not be in its records.
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    logLevel: 'off',
    fetch,
  });
  const headers = idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey };
  const stream = await client.messages.create({ ...bodyOf(request), stream: true }, { signal, headers });
  return await collect(stream, request.onText);
}

function bodyOf({
  model,
  system,
  messages,
  tools,
  temperature,
  maxTokens,
}: ModelRequest): Omit<Anthropic.Messages.MessageCreateParams, 'stream'> {
  return {
    model,
    max_tokens: maxTokens,
    messages: toMessages(messages),
    ...(system !== undefined && { system }),
    ...(temperature !== undefined && { temperature }),
    ...(tools !== undefined &&
      tools.length > 0 && {
        tools: tools.map(({ name, description, parameters }) => ({
          name,
          description,
          input_schema: { ...parameters, type: 'object' as const },
        })),
      }),
  };
}

/** Results of tools stand in the user's turn, all of one turn together. */
function toMessages(messages: readonly ChatMessage[]): Anthropic.Messages.MessageParam[] {
  const turns: { role: 'user' | 'assistant'; content: Anthropic.Messages.ContentBlockParam[] }[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocksOf(message));
    else turns.push({ role, content: blocksOf(message) });
  }
  return turns;
}

function blocksOf(message: ChatMessage): Anthropic.Messages.ContentBlockParam[] {
  if (message.role === 'tool') {
    const { callId, content, isError } = message;
    return [{ type: 'tool_result', tool_use_id: callId, content, is_error: isError }];
  }
  const text = message.content === '' ? [] : [{ type: 'text' as const, text: message.content }];
  if (message.role === 'user') return text;
  const calls = (message.toolCalls ?? []).map(({ id, name, arguments: input }) => ({
    type: 'tool_use' as const,
    id,
    name,
    input: input ?? {},
  }));
  return [...text, ...calls];
}

async function collect(stream: AsyncIterable<Event>, onText?: ModelRequest['onText']): Promise<Answer> {
  let text = '';
  let input = 0;
  let output = 0;
  let reason: Anthropic.Messages.StopReason | null = null;
  let isWhole = false;
  const calls = new Map<number, { id: string; name: string; text: string }>();
  for await (const event of stream) {
    if (event.type === 'message_start') {
      const { usage } = event.message;
      input = usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
      output = usage.output_tokens;
    } else if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') {
      const { id, name } = event.content_block;
      calls.set(event.index, { id, name, text: '' });
    } else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
      text += event.delta.text;
      onText?.(event.delta.text, false);
    } else if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta') {
      const call = calls.get(event.index);
      if (call !== undefined) call.text += event.delta.partial_json;
    } else if (event.type === 'message_delta') {
      reason = event.delta.stop_reason;
      output = event.usage.output_tokens;
    } else if (event.type === 'message_stop') isWhole = true;
  }
  if (!isWhole) throw streamCut();
  const toolCalls: ToolCall[] = [...calls.values()].map((call) => ({
    id: call.id,
    name: call.name,
    arguments: toolArguments(call.text),
  }));
  const finishReason =
    reason === 'refusal'
      ? 'refusal'
      : toolCalls.length > 0
        ? 'tool_calls'
        : reason === 'max_tokens'
          ? 'length'
          : 'stop';
  return {
    text,
    toolCalls,
    usage: { input_tokens: input, output_tokens: output, total_tokens: input + output },
    finishReason,
  };
}

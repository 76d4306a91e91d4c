import type OpenAI from 'openai';
import type { ChatMessage, ModelAnswer, ModelRequest, ToolCall, Usage } from '../language-models.contract.js';
import { streamCut } from '../model-failures.js';
import { toolArguments } from './tool-arguments.js';

type Message = OpenAI.Chat.ChatCompletionMessageParam;
type Chunk = OpenAI.Chat.ChatCompletionChunk;
/** What compatible servers know; OpenAI itself has replaced it. */
const compatibleLimit = (tokens: number): object => ({ max_tokens: tokens });

type Answer = Omit<ModelAnswer, 'cost'>;

/** Chat completions: what OpenAI and every compatible server speaks. Loaded when it is first used. */
export async function completeByOpenAi(request: ModelRequest, fetch: typeof globalThis.fetch): Promise<Answer> {
  const { default: Client } = await import('openai');
  const { endpoint, signal, idempotencyKey } = request;
  const client = new Client({
    // Servers on one's own machine want no key; the SDK does.
    apiKey: endpoint.apiKey ?? 'none',
    baseURL: endpoint.baseUrl,
    // Retries are the engine's: a second call would not be in its records.
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    organization: null,
    project: null,
    logLevel: 'off',
    fetch,
  });
  const headers = idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey };
  const stream = await client.chat.completions.create({ ...bodyOf(request), stream: true }, { signal, headers });
  return await collect(stream, request.onText);
}

function bodyOf(request: ModelRequest): Omit<OpenAI.Chat.ChatCompletionCreateParams, 'stream'> {
  const { endpoint, model, system, messages, tools, temperature, maxTokens, schema } = request;
  const isOwn = endpoint.provider === 'openai';
  return {
    model,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      ...messages.map(toMessage),
    ],
    ...(isOwn ? { max_completion_tokens: maxTokens } : compatibleLimit(maxTokens)),
    ...(temperature !== undefined && { temperature }),
    ...(tools !== undefined &&
      tools.length > 0 && { tools: tools.map((tool) => ({ type: 'function' as const, function: { ...tool } })) }),
    ...(schema !== undefined &&
      isOwn && { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: false } } }),
    stream_options: { include_usage: true },
  };
}

function toMessage(message: ChatMessage): Message {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.callId, content: message.content };
  if (message.role === 'user') return { role: 'user', content: message.content };
  const calls = (message.toolCalls ?? []).map(({ id, name, arguments: given }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: JSON.stringify(given ?? {}) },
  }));
  return { role: 'assistant', content: message.content, ...(calls.length > 0 && { tool_calls: calls }) };
}

async function collect(stream: AsyncIterable<Chunk>, onText?: ModelRequest['onText']): Promise<Answer> {
  let text = '';
  let refusal = '';
  let usage: Usage | null = null;
  let finish: Chunk['choices'][number]['finish_reason'] = null;
  const calls = new Map<number, { id: string; name: string; text: string }>();
  for await (const chunk of stream) {
    if (chunk.usage) {
      const { prompt_tokens: input_tokens, completion_tokens: output_tokens } = chunk.usage;
      usage = { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
    }
    const choice = chunk.choices[0];
    if (choice === undefined) continue;
    finish = choice.finish_reason ?? finish;
    const { content, refusal: refused, tool_calls } = choice.delta;
    if (content) {
      text += content;
      onText?.(content, false);
    }
    refusal += refused ?? '';
    for (const part of tool_calls ?? []) {
      const call = calls.get(part.index) ?? { id: '', name: '', text: '' };
      calls.set(part.index, call);
      if (part.id !== undefined) call.id = part.id;
      call.name += part.function?.name ?? '';
      call.text += part.function?.arguments ?? '';
    }
  }
  if (finish === null) throw streamCut();
  const toolCalls: ToolCall[] = [...calls.values()].map(({ id, name, text: given }, index) => ({
    id: id || `call_${index}`,
    name,
    arguments: toolArguments(given),
  }));
  const isRefusal = refusal !== '' || finish === 'content_filter';
  const finishReason = isRefusal
    ? 'refusal'
    : toolCalls.length > 0
      ? 'tool_calls'
      : finish === 'length'
        ? 'length'
        : 'stop';
  return { text: text === '' ? refusal : text, toolCalls, usage, finishReason };
}

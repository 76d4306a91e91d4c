import type { ServerResponse } from 'node:http';
import { startRecordingServer, type RecordingServer } from './recording-server.js';

/** What a played model says next. */
export interface PlayedAnswer {
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly usage?: { readonly input: number; readonly output: number };
  readonly finish?: string;
  /** The connection breaks off after the text, or the stream just ends. */
  readonly cut?: 'connection' | 'stream';
  /** Instead of an answer. */
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly error?: Record<string, unknown>;
}

export interface ModelServer extends RecordingServer {
  /** Bodies of the calls so far. */
  readonly asked: readonly Record<string, unknown>[];
}

/** Speaks the wire formats of OpenAI (`/v1/chat/completions`) and Anthropic (`/v1/messages`), by what `answer` says to a call. */
export async function startModelServer(
  answer: (body: Record<string, unknown>, count: number) => PlayedAnswer | Promise<PlayedAnswer>,
): Promise<ModelServer> {
  const asked: Record<string, unknown>[] = [];
  const server = await startRecordingServer(async ({ url, body }, response) => {
    const parsed = JSON.parse(body) as Record<string, unknown>;
    asked.push(parsed);
    const given = await answer(parsed, asked.length);
    if (given.status !== undefined) {
      response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
      response.end(JSON.stringify({ error: { message: 'refused', ...given.error } }));
      return;
    }
    const events = url.endsWith('/messages') ? anthropicAnswer(given) : openAiAnswer(given);
    sendStream(response, events, given.cut === 'connection');
  });
  return Object.assign(server, { asked });
}

export function sendStream(response: ServerResponse, events: readonly string[], breaksOff = false): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const all = events.join('');
  if (breaksOff) response.write(all, () => response.destroy());
  else response.end(all);
}

export function openAiAnswer({ text = '', calls = [], usage, finish, cut }: PlayedAnswer): string[] {
  const chunk = (choices: unknown[], extra: object = {}): string =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...extra })}\n\n`;
  const delta = (given: object): string => chunk([{ index: 0, delta: given, finish_reason: null }]);
  const events = pieces(text).map((content) => delta({ content }));
  calls.forEach(({ name, arguments: given }, index) => {
    const written = JSON.stringify(given);
    events.push(
      delta({ tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: '' } }] }),
    );
    for (const part of pieces(written)) events.push(delta({ tool_calls: [{ index, function: { arguments: part } }] }));
  });
  if (cut !== undefined) return events;
  const reason = finish ?? (calls.length > 0 ? 'tool_calls' : 'stop');
  events.push(chunk([{ index: 0, delta: {}, finish_reason: reason }]));
  const { input, output } = usage ?? { input: 10, output: 5 };
  events.push(chunk([], { usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output } }));
  return [...events, 'data: [DONE]\n\n'];
}

export function anthropicAnswer({ text = '', calls = [], usage, finish, cut }: PlayedAnswer): string[] {
  const event = (type: string, data: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const { input, output } = usage ?? { input: 10, output: 5 };
  const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null };
  const events = [
    event('message_start', { message: { ...message, usage: { input_tokens: input, output_tokens: 1 } } }),
  ];
  events.push(event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }));
  for (const part of pieces(text))
    events.push(event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: part } }));
  events.push(event('content_block_stop', { index: 0 }));
  calls.forEach(({ name, arguments: given }, at) => {
    const index = at + 1;
    events.push(
      event('content_block_start', { index, content_block: { type: 'tool_use', id: `toolu_${at}`, name, input: {} } }),
    );
    for (const part of pieces(JSON.stringify(given)))
      events.push(event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: part } }));
    events.push(event('content_block_stop', { index }));
  });
  if (cut !== undefined) return events;
  const stop_reason = finish ?? (calls.length > 0 ? 'tool_use' : 'end_turn');
  events.push(
    event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: output } }),
  );
  return [...events, event('message_stop', {})];
}

function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,7}/g) ?? [];
}

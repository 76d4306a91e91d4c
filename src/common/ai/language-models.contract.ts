import type { LlmConnection } from '../connections/service.connection.js';

export const PROVIDERS = ['openai', 'anthropic', 'openai_compatible'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Where a model is reached, and what it costs. Holds a key: it goes nowhere but to that server. */
export interface ModelEndpoint {
  readonly provider: Provider;
  readonly apiKey: string | null;
  readonly baseUrl: string;
  /** By model; they go before the table that comes with the server. */
  readonly prices: Readonly<Record<string, Price>>;
}

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote it; null when that was no JSON object. */
  readonly arguments: Readonly<Record<string, unknown>> | null;
}

export type ChatMessage =
  | { readonly role: 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly callId: string; readonly content: string; readonly isError: boolean };

export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments, an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ModelRequest {
  readonly endpoint: ModelEndpoint;
  readonly model: string;
  readonly system?: string | undefined;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDescription[] | undefined;
  readonly temperature?: number | undefined;
  /** Of the answer, tokens. */
  readonly maxTokens: number;
  /** JSON Schema of the answer. It is asked for, not checked: `askForJson` checks. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined;
  /** For servers that can deduplicate. */
  readonly idempotencyKey?: string | undefined;
  readonly signal: AbortSignal;
  /** Told the answer's text piece by piece, as it comes; the last piece, which may be empty, also of an answer that fails. */
  readonly onText?: ((piece: string, isLast: boolean) => void) | undefined;
}

export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
}

export interface ModelAnswer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** As the provider counts; null where it does not say. */
  readonly usage: Usage | null;
  /** US dollars; null when the usage or the price of the model is not known. */
  readonly cost: number | null;
  readonly finishReason: 'stop' | 'length' | 'tool_calls' | 'refusal';
}

/** Port: language models of whatever provider. */
export abstract class LanguageModels {
  /** The provider of the server's own settings, or what a connection says. @throws LanguageModelError `llm_not_configured` */
  abstract endpoint(provider: Provider | undefined, connection: LlmConnection | null, baseUrl?: string): ModelEndpoint;

  /** Whether the server's own settings name a server that is compatible with OpenAI. */
  abstract readonly hasCompatible: boolean;

  /** null: not in the table, nor in the connection. */
  abstract priceOf(endpoint: ModelEndpoint, model: string): Price | null;

  /** One call, never repeated here. @throws LanguageModelError; the signal's reason when aborted */
  abstract complete(request: ModelRequest): Promise<ModelAnswer>;
}

import { Injectable } from '@nestjs/common';
import { LanguageModelError } from '../../common/ai/ai.errors.js';
import {
  LanguageModels,
  type ChatMessage,
  type ModelAnswer,
  type Provider,
  type Usage,
} from '../../common/ai/language-models.contract.js';
import { Connections } from '../../common/connections/connections.js';
import { planSummary } from '../../definition/definition.js';
import { TypeCatalogue } from '../../definition/type-catalogue.js';
import { Definitions } from '../definitions.service.js';
import { instructions } from './instructions.js';

export interface GenerationRequest {
  readonly text: string;
  readonly connection?: string | undefined;
  readonly model?: string | undefined;
}

/** Together with MAX_TOKENS the most that one request may spend. */
const MAX_ATTEMPTS = 3;
const MAX_TOKENS = 8_192;
const TIMEOUT_MS = 120_000;
const FAULTS_SHOWN = 20;
const DEFAULT_MODELS: Readonly<Record<Provider, string | null>> = {
  openai: 'gpt-5-mini',
  anthropic: 'claude-haiku-4-5',
  openai_compatible: null,
};

/** Makes a definition of a text by a language model; what has faults goes back to the model, a few times at most. */
@Injectable()
export class WorkflowGeneration {
  constructor(
    private readonly models: LanguageModels,
    private readonly connections: Connections,
    private readonly definitions: Definitions,
    private readonly catalogue: TypeCatalogue,
  ) {}

  /** Stores nothing. @throws LanguageModelError, ConnectionNotFoundError */
  async generate(request: GenerationRequest, signal: AbortSignal = AbortSignal.timeout(TIMEOUT_MS)) {
    const { endpoint, model } = await this.target(request);
    const system = instructions(this.catalogue);
    const messages: ChatMessage[] = [{ role: 'user', content: request.text }];
    let spent: Spent = { usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 }, cost: 0 };
    for (let attempts = 1; ; attempts++) {
      const answer = await this.ask({ endpoint, model, system, messages, maxTokens: MAX_TOKENS, signal });
      spent = add(spent, answer);
      const draft = await this.read(answer);
      if (draft.valid || attempts === MAX_ATTEMPTS) return { ...draft, model, attempts, ...spent };
      messages.push({ role: 'assistant', content: answer.text || '(nothing)' });
      messages.push({
        role: 'user',
        content: `These faults are in it:\n${toText(draft.errors)}\nAnswer with the whole definition, mended.`,
      });
    }
  }

  private async target({ connection, model: asked }: GenerationRequest) {
    const config = connection === undefined ? null : (await this.connections.get(connection, 'llm')).config;
    const endpoint = this.models.endpoint(undefined, config);
    const model = asked ?? config?.model ?? DEFAULT_MODELS[endpoint.provider];
    if (model === null) throw new LanguageModelError('llm_not_configured', 'Name a "model": the connection has none.');
    return { endpoint, model };
  }

  private async ask(request: Parameters<LanguageModels['complete']>[0]): Promise<ModelAnswer> {
    try {
      return await this.models.complete(request);
    } catch (error) {
      if (!request.signal.aborted) throw error;
      throw new LanguageModelError('llm_timeout', 'The model took too long.', { retryable: true, cause: error });
    }
  }

  private async read(answer: ModelAnswer) {
    const definition = objectIn(answer.text);
    if (definition === null) {
      const message = answer.finishReason === 'length' ? 'The answer was cut off.' : 'The answer is no JSON object.';
      return {
        valid: false,
        definition,
        errors: [{ path: '', code: 'not_a_definition', message }],
        warnings: [],
        plan: null,
      };
    }
    const { plan, errors, warnings } = await this.definitions.read(definition);
    const valid = errors.length === 0 && plan !== null;
    return { valid, definition, errors, warnings, plan: valid ? planSummary(plan) : null };
  }
}

interface Spent {
  readonly usage: Usage | null;
  readonly cost: number | null;
}

function add(before: Spent, { usage, cost }: ModelAnswer): Spent {
  const sum = (name: keyof Usage): number => (before.usage?.[name] ?? 0) + (usage?.[name] ?? 0);
  const isKnown = before.usage !== null && usage !== null;
  return {
    usage: isKnown
      ? { input_tokens: sum('input_tokens'), output_tokens: sum('output_tokens'), total_tokens: sum('total_tokens') }
      : null,
    cost: before.cost === null || cost === null ? null : Number((before.cost + cost).toFixed(8)),
  };
}

function toText(
  errors: readonly { readonly path?: string; readonly code?: string; readonly message?: string }[],
): string {
  return errors
    .slice(0, FAULTS_SHOWN)
    .map(({ path, code, message }) => `- ${path ?? ''}: ${message ?? ''} (${code ?? ''})`)
    .join('\n');
}

/** Models put words or a Markdown fence around JSON, whatever they are told. */
function objectIn(text: string): Record<string, unknown> | null {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (start === -1 || end < start) return null;
  try {
    return JSON.parse(text.slice(start, end + 1)) as Record<string, unknown>;
  } catch {
    return null;
  }
}

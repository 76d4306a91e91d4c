import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { AppConfig } from '../config/app-config.js';
import type { LlmConnection } from '../connections/service.connection.js';
import { OutgoingHttp } from '../http/outgoing-http.js';
import { LanguageModelError } from './ai.errors.js';
import {
  LanguageModels,
  type ModelAnswer,
  type ModelEndpoint,
  type ModelRequest,
  type Price,
  type Provider,
} from './language-models.contract.js';
import { modelFailure } from './model-failures.js';
import { costOf, priceOf } from './prices.js';
import { completeByAnthropic } from './providers/anthropic.js';
import { completeByOpenAi } from './providers/openai.js';

/** The providers' own SDKs, on our guarded way out. */
@Injectable()
export class ProviderModels extends LanguageModels {
  constructor(
    private readonly settings: AppConfig,
    private readonly http: OutgoingHttp,
    private readonly clock: Clock,
  ) {
    super();
  }

  override endpoint(asked: Provider | undefined, connection: LlmConnection | null, baseUrl?: string): ModelEndpoint {
    const provider = asked ?? connection?.provider ?? this.configured();
    if (connection !== null && connection.provider !== provider)
      throw new LanguageModelError(
        'llm_connection_mismatch',
        `The connection is of provider ${connection.provider}, the step asks for ${provider}.`,
      );
    const own = this.ownSettings(provider);
    const apiKey = connection === null ? own.apiKey : (connection.api_key ?? null);
    const base = baseUrl ?? connection?.base_url ?? own.baseUrl;
    if (apiKey === null && provider !== 'openai_compatible')
      throw notConfigured(
        `There is no key for ${provider}: set ${provider.toUpperCase()}_API_KEY or name a connection.`,
      );
    if (base === null) throw notConfigured('openai_compatible needs a "base_url" or a connection that has one.');
    return { provider, apiKey, baseUrl: trimmed(provider, base), prices: connection?.prices ?? {} };
  }

  override priceOf(endpoint: ModelEndpoint, model: string): Price | null {
    return priceOf(endpoint, model);
  }

  override async complete(request: ModelRequest): Promise<ModelAnswer> {
    request.signal.throwIfAborted();
    const complete = request.endpoint.provider === 'anthropic' ? completeByAnthropic : completeByOpenAi;
    try {
      const answer = await complete(request, this.http.fetch);
      return { ...answer, cost: costOf(priceOf(request.endpoint, request.model), answer.usage) };
    } catch (error) {
      throw modelFailure(error, request.signal, this.clock.now());
    } finally {
      request.onText?.('', true);
    }
  }

  /** The provider whose key this server has. */
  private configured(): Provider {
    if (this.settings.openai.apiKey !== null) return 'openai';
    if (this.settings.anthropic.apiKey !== null) return 'anthropic';
    throw notConfigured('No model is configured: set OPENAI_API_KEY or ANTHROPIC_API_KEY, or name a connection.');
  }

  /** A key of this server goes to the servers of its settings only; a compatible one is somebody else's. */
  private ownSettings(provider: Provider): { apiKey: string | null; baseUrl: string | null } {
    if (provider === 'openai') return this.settings.openai;
    return provider === 'anthropic' ? this.settings.anthropic : { apiKey: null, baseUrl: null };
  }
}

/** Anthropic's SDK adds `/v1` itself. */
function trimmed(provider: Provider, url: string): string {
  const bare = url.replace(/\/+$/, '');
  return provider === 'anthropic' ? bare.replace(/\/v1$/, '') : bare;
}

function notConfigured(message: string): LanguageModelError {
  return new LanguageModelError('llm_not_configured', message);
}

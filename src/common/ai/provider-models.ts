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

const OPENAI_HOST = 'api.openai.com';

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
    const own = this.ownSettings(provider, baseUrl ?? connection?.base_url);
    const apiKey = connection === null ? own.apiKey : (connection.api_key ?? null);
    const base = baseUrl ?? connection?.base_url ?? own.baseUrl;
    if (apiKey === null && provider !== 'openai_compatible')
      throw notConfigured(
        `There is no key for ${provider}: set ${provider.toUpperCase()}_API_KEY or name a connection.`,
      );
    if (base === null) throw notConfigured('openai_compatible needs a "base_url", a connection, or OPENAI_BASE_URL.');
    return { provider, apiKey, baseUrl: trimmed(provider, base), prices: connection?.prices ?? {} };
  }

  override get hasCompatible(): boolean {
    return new URL(this.settings.openai.baseUrl).hostname !== OPENAI_HOST;
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

  /** The provider whose key this server has, or whose address. */
  private configured(): Provider {
    if (this.settings.openai.apiKey !== null) return 'openai';
    if (this.settings.anthropic.apiKey !== null) return 'anthropic';
    // A server on one's own machine wants no key.
    if (this.hasCompatible) return 'openai_compatible';
    throw notConfigured('No model is configured: set OPENAI_API_KEY or ANTHROPIC_API_KEY, or name a connection.');
  }

  /** A key of this server goes to the servers of its settings only: not to one that is named elsewhere. */
  private ownSettings(
    provider: Provider,
    named: string | undefined,
  ): { apiKey: string | null; baseUrl: string | null } {
    if (provider === 'anthropic') return this.settings.anthropic;
    if (provider === 'openai') return this.settings.openai;
    return named === undefined && this.hasCompatible ? this.settings.openai : { apiKey: null, baseUrl: null };
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

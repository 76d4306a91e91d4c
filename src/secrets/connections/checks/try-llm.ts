import type { AppConfig } from '../../../common/config/app-config.js';
import type { LlmConnection } from '../../../common/connections/service.connection.js';
import type { OutgoingHttp } from '../../../common/http/outgoing-http.js';

type Servers = Pick<AppConfig, 'openai' | 'anthropic'>;

/** Asks for the list of models, which costs nothing. */
export async function tryLlm(
  config: LlmConnection,
  servers: Servers,
  http: OutgoingHttp,
  signal: AbortSignal,
): Promise<string> {
  const isAnthropic = config.provider === 'anthropic';
  const own = isAnthropic ? `${servers.anthropic.baseUrl.replace(/\/$/, '')}/v1` : servers.openai.baseUrl;
  const base = (config.base_url ?? own).replace(/\/$/, '');
  const response = await http.request({ url: `${base}/models`, headers: headersOf(config), signal });
  if (response.status !== 200) throw new Error(`GET ${base}/models answered with ${response.status}`);
  return config.provider;
}

function headersOf({ provider, api_key }: LlmConnection): Record<string, string> {
  if (api_key === undefined) return {};
  if (provider === 'anthropic') return { 'x-api-key': api_key, 'anthropic-version': '2023-06-01' };
  return { authorization: `Bearer ${api_key}` };
}

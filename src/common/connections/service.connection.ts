import { ArrayMaxSize, IsArray, IsIn, IsObject, IsOptional, IsString, Matches } from 'class-validator';
import type { Fault } from '../errors/app-error.js';
import { Field } from '../validation/fields.js';
import { exactlyOne } from '../validation/rules.js';
import { SecretField } from './secret-field.js';

const BASE_URL = /^https?:\/\/[^@]+$/;
const BASE_URL_RULE = { message: '$property must be an http or https URL without credentials' };
export const LLM_PROVIDERS = ['openai', 'anthropic', 'openai_compatible'] as const;
export const MCP_TRANSPORTS = ['http', 'stdio'] as const;

export class GitHubConnection {
  @Field('The id of the GitHub App.')
  @IsOptional()
  @Matches(/^[\w.-]+$/, { message: 'app_id must be the id of the App, as text' })
  app_id?: string;

  @Field('Its private key in PEM.')
  @SecretField()
  @IsOptional()
  @IsString()
  private_key?: string;

  @Field('Instead of an App: a personal or fine-grained access token.')
  @SecretField()
  @IsOptional()
  @IsString()
  token?: string;

  @Field('The API, for GitHub Enterprise; default GITHUB_API_URL.')
  @IsOptional()
  @Matches(BASE_URL, BASE_URL_RULE)
  api_url?: string;
}

export class McpConnection {
  @Field('http is streamable HTTP; stdio starts a program.', { enum: [...MCP_TRANSPORTS] })
  @IsIn(MCP_TRANSPORTS)
  transport!: (typeof MCP_TRANSPORTS)[number];

  @Field('http: the endpoint.')
  @IsOptional()
  @Matches(BASE_URL, BASE_URL_RULE)
  url?: string;

  @Field('http: headers of each request.')
  @SecretField('values')
  @IsOptional()
  @IsObject()
  headers?: Record<string, string>;

  @Field('stdio: the program.')
  @IsOptional()
  @IsString()
  command?: string;

  @Field('stdio: its arguments.')
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  args?: string[];

  @Field('stdio: its environment, beside PATH.')
  @SecretField('values')
  @IsOptional()
  @IsObject()
  env?: Record<string, string>;
}

export class LlmConnection {
  @Field('Whose interface it speaks.', { enum: [...LLM_PROVIDERS] })
  @IsIn(LLM_PROVIDERS)
  provider!: (typeof LLM_PROVIDERS)[number];

  @Field('The key.')
  @SecretField()
  @IsOptional()
  @IsString()
  api_key?: string;

  @Field('The API; needed by openai_compatible.')
  @IsOptional()
  @Matches(BASE_URL, BASE_URL_RULE)
  base_url?: string;

  @Field('The model of steps that name none.')
  @IsOptional()
  @IsString()
  model?: string;

  @Field('What comes before the `system` of each step: who the model is, for an agent with a name.')
  @IsOptional()
  @IsString()
  system?: string;

  @Field('US dollars for a million tokens, by model; they go before what the server knows.', {
    examples: [{ 'my-model': { input: 0.5, output: 1.5 } }],
  })
  @IsOptional()
  @IsObject()
  prices?: Record<string, { input: number; output: number }>;
}

export function githubFaults(config: GitHubConnection): Fault[] {
  const faults = exactlyOne(config, ['token', 'app_id']);
  if (config.app_id !== undefined && config.private_key === undefined) faults.push(required('private_key'));
  return faults;
}

export function mcpFaults(config: McpConnection): Fault[] {
  const [needed, others] =
    config.transport === 'http'
      ? (['url', ['command', 'args', 'env']] as const)
      : (['command', ['url', 'headers']] as const);
  const faults = config[needed] === undefined ? [required(needed)] : [];
  for (const path of others) {
    if (config[path] === undefined) continue;
    faults.push({ path, code: 'value_invalid', message: `"${path}" does not go with transport ${config.transport}` });
  }
  return [...faults, ...textFaults('headers', config.headers), ...textFaults('env', config.env)];
}

export function llmFaults(config: LlmConnection): Fault[] {
  const faults = priceFaults(config.prices);
  if (faults.length > 0) return faults;
  if (config.provider === 'openai_compatible') return config.base_url === undefined ? [required('base_url')] : [];
  return config.api_key === undefined ? [required('api_key')] : [];
}

function priceFaults(prices: Readonly<Record<string, unknown>> | undefined): Fault[] {
  const wrong = Object.entries(prices ?? {}).filter(([, price]) => !isPrice(price));
  return wrong.map(([model]) => ({
    path: `prices.${model}`,
    code: 'value_invalid',
    message: `"${model}" must be {input, output}, US dollars for a million tokens`,
  }));
}

function isPrice(price: unknown): boolean {
  const { input, output } = (price ?? {}) as { input?: unknown; output?: unknown };
  return [input, output].every((value) => typeof value === 'number' && Number.isFinite(value) && value >= 0);
}

function textFaults(path: string, values: Readonly<Record<string, unknown>> | undefined): Fault[] {
  const wrong = Object.entries(values ?? {}).filter(([, value]) => typeof value !== 'string');
  return wrong.map(([key]) => ({ path: `${path}.${key}`, code: 'value_invalid', message: `"${key}" must be text` }));
}

function required(path: string): Fault {
  return { path, code: 'field_required', message: `"${path}" is required` };
}

import { ArrayNotEmpty, IsArray, IsIn, IsInt, IsOptional, IsString, Min } from 'class-validator';
import { Field, Nested } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;
export type Method = (typeof METHODS)[number];

export const AUTH_TYPES = [
  'none',
  'basic',
  'bearer',
  'header',
  'api_key',
  'jwt',
  'hmac',
  'github',
  'stripe',
  'slack',
  'standard_webhooks',
] as const;

const SECRET_HINT = 'may be {{ secrets.name }}';

/** Who may deliver. Which fields count is up to `type`. */
export class WebhookAuth {
  @Field('How deliveries prove where they come from')
  @IsIn(AUTH_TYPES)
  type: (typeof AUTH_TYPES)[number] = 'none';

  @Field('basic: the user')
  @IsOptional()
  @IsString()
  username?: string;

  @Field(`basic: the password; ${SECRET_HINT}`)
  @IsOptional()
  @IsString()
  password?: string;

  @Field(`bearer: the token; ${SECRET_HINT}`)
  @IsOptional()
  @IsString()
  token?: string;

  @Field('header, hmac: the name of the header')
  @IsOptional()
  @IsString()
  header?: string;

  @Field(`header: its value; ${SECRET_HINT}`)
  @IsOptional()
  @IsString()
  value?: string;

  @Field(`api_key: what X-API-Key holds; ${SECRET_HINT}`)
  @IsOptional()
  @IsString()
  key?: string;

  @Field('jwt: where the public keys are')
  @IsOptional()
  @IsString()
  jwks_url?: string;

  @Field('jwt: the issuer')
  @IsOptional()
  @IsString()
  issuer?: string;

  @Field('jwt: the audience')
  @IsOptional()
  @IsString()
  audience?: string;

  @Field('jwt: the algorithms accepted; default HS256 with a secret, RS256 and ES256 with keys')
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @IsString({ each: true })
  algorithms?: string[];

  @Field(`jwt and signatures: the secret; ${SECRET_HINT}`)
  @IsOptional()
  @IsString()
  secret?: string;

  @Field(`jwt and signatures: several active secrets, for rotation; each ${SECRET_HINT}`)
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @IsString({ each: true })
  secrets?: string[];

  @Field('hmac: the digest')
  @IsIn(['sha1', 'sha256', 'sha384', 'sha512'])
  algorithm: 'sha1' | 'sha256' | 'sha384' | 'sha512' = 'sha256';

  @Field('hmac: how the signature is written')
  @IsIn(['hex', 'base64'])
  encoding: 'hex' | 'base64' = 'hex';

  @Field('hmac: what stands before the signature, such as "sha256="')
  @IsString()
  prefix: string = '';

  @Field('hmac: what is signed; {timestamp}, {id} and {body} are filled in')
  @IsOptional()
  @IsString()
  template?: string;

  @Field('hmac: the header that holds the Unix time of the signature')
  @IsOptional()
  @IsString()
  timestamp_header?: string;

  @Field('Signatures older or newer than this are refused', DURATION_SCHEMA)
  @IsDuration()
  tolerance: string | number = '5m';
}

/** Config of a webhook trigger. */
export class WebhookConfig {
  @Field('Served below /webhook/, written with or without that prefix; :name is a parameter', {
    examples: ['/orders/:id'],
  })
  @IsOptional()
  @IsString()
  path?: string;

  @Field('The same as methods with one entry')
  @IsOptional()
  @IsIn(METHODS)
  method?: Method;

  @Field('The methods it answers to; default POST')
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @IsIn(METHODS, { each: true })
  methods?: Method[];

  @Field('Who may deliver')
  @Nested(() => WebhookAuth)
  auth: WebhookAuth = new WebhookAuth();

  @Field('Addresses and CIDR ranges that may deliver; empty: all')
  @IsArray()
  @IsString({ each: true })
  allowed_ips: string[] = [];

  @Field('ack: 202 after the commit. wait: the output, when the execution has ended. respond: what a respond step says')
  @IsIn(['ack', 'wait', 'respond'])
  response: 'ack' | 'wait' | 'respond' = 'ack';

  @Field('How long wait and respond wait before they answer 202', DURATION_SCHEMA)
  @IsDuration()
  timeout: string | number = '30s';

  @Field('The largest body, in bytes; 16 MiB at most')
  @IsInt()
  @Min(1)
  max_body: number = 1_048_576;
}

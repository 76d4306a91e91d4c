import { IsDefined, IsObject, IsOptional, IsString, Matches } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';
import { IsSigningSecret } from './sign.js';

export class WebhookConfig {
  @Field('Where to; http or https.', { examples: ['https://example.com/hooks'] })
  @IsString()
  @Matches(/^https?:\/\/./i, { message: 'url must begin with http:// or https://' })
  url!: string;

  @Field('What is sent, as JSON.')
  @IsDefined()
  payload!: unknown;

  @Field('Signs it: `whsec_…` in base64 or any text; a list signs with each, while the receiver changes its secret.', {
    type: ['string', 'array'],
    items: { type: 'string' },
  })
  @IsSigningSecret()
  secret!: unknown;

  @Field('Further headers by name.')
  @IsOptional()
  @IsObject()
  headers?: Record<string, unknown>;

  @Field('Until the answer is there.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  timeout: string | number = '15s';
}

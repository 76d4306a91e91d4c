import { IsIn, IsOptional, IsString, ValidateIf } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export const AUTH_TYPES = ['basic', 'bearer', 'api_key', 'oauth2'] as const;
type AuthType = (typeof AUTH_TYPES)[number];

const NeededBy = (type: AuthType): PropertyDecorator => ValidateIf((auth: HttpAuth) => auth.type === type);

export class HttpAuth {
  @Field('How: oauth2 is the client credentials grant.', { enum: [...AUTH_TYPES] })
  @IsIn(AUTH_TYPES)
  type!: AuthType;

  @Field('basic: the user.')
  @NeededBy('basic')
  @IsString()
  username?: string;

  @Field('basic: the password.')
  @NeededBy('basic')
  @IsString()
  password?: string;

  @Field('bearer: the token.')
  @NeededBy('bearer')
  @IsString()
  token?: string;

  @Field('api_key: the key.')
  @NeededBy('api_key')
  @IsString()
  key?: string;

  @Field('api_key: the name of the header or query parameter.')
  @IsOptional()
  @IsString()
  name: string = 'X-API-Key';

  @Field('api_key: where it is sent.', { enum: ['header', 'query'] })
  @IsOptional()
  @IsIn(['header', 'query'])
  in: 'header' | 'query' = 'header';

  @Field('oauth2: where tokens are given.')
  @NeededBy('oauth2')
  @IsString()
  token_url?: string;

  @Field('oauth2: the client.')
  @NeededBy('oauth2')
  @IsString()
  client_id?: string;

  @Field('oauth2: its secret.')
  @NeededBy('oauth2')
  @IsString()
  client_secret?: string;

  @Field('oauth2: the scopes, with spaces between.')
  @IsOptional()
  @IsString()
  scope?: string;

  @Field('oauth2: the audience, for servers that ask for one.')
  @IsOptional()
  @IsString()
  audience?: string;

  @Field('oauth2: how the client shows its secret to the token server.', { enum: ['basic', 'body'] })
  @IsOptional()
  @IsIn(['basic', 'body'])
  client_auth: 'basic' | 'body' = 'basic';
}

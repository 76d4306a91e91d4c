import { IsBoolean, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import type { Fault } from '../errors/app-error.js';
import { Field } from '../validation/fields.js';
import { exactlyOne } from '../validation/rules.js';
import { HOST, HOST_RULE } from './host.js';
import { SecretField } from './secret-field.js';

export class SmtpConnection {
  @Field('Instead of the single fields; smtps is TLS from the start.', {
    examples: ['smtp://user:password@mail.example.com:587'],
  })
  @SecretField('url')
  @IsOptional()
  @Matches(/^smtps?:\/\/[^/?]+\/?$/, { message: 'url must be smtp:// or smtps:// with a host and no parameters' })
  url?: string;

  @Field('The host name or address.')
  @IsOptional()
  @Matches(HOST, HOST_RULE)
  host?: string;

  @Field('Its port; default 465 with `secure`, else 587.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(65_535)
  port?: number;

  @Field('TLS from the start. Without it, STARTTLS is used where the server offers it.')
  @IsOptional()
  @IsBoolean()
  secure: boolean = false;

  @Field('Sends nothing before STARTTLS has succeeded.')
  @IsOptional()
  @IsBoolean()
  require_tls: boolean = false;

  @Field('The user; none: without a login.')
  @IsOptional()
  @IsString()
  username?: string;

  @Field('Its password.')
  @SecretField()
  @IsOptional()
  @IsString()
  password?: string;

  @Field('The sender of mails that name none; default MAIL_FROM.', { examples: ['Reports <reports@example.com>'] })
  @IsOptional()
  @IsString()
  from?: string;
}

export class ImapConnection {
  @Field('The host name or address.')
  @Matches(HOST, HOST_RULE)
  host!: string;

  @Field('Its port; default 993 with `secure`, else 143.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(65_535)
  port?: number;

  @Field('TLS from the start.')
  @IsOptional()
  @IsBoolean()
  secure: boolean = true;

  @Field('The user.')
  @IsString()
  username!: string;

  @Field('Its password.')
  @SecretField()
  @IsOptional()
  @IsString()
  password?: string;

  @Field('Instead of the password: an OAuth2 access token (XOAUTH2).')
  @SecretField()
  @IsOptional()
  @IsString()
  access_token?: string;
}

export function smtpFaults(config: SmtpConnection): Fault[] {
  return exactlyOne(config, ['url', 'host']);
}

export function imapFaults(config: ImapConnection): Fault[] {
  return exactlyOne(config, ['password', 'access_token']);
}

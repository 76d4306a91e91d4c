import { ArrayMaxSize, IsIn, IsNotEmpty, IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import { Field, NestedList } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';
import { IsAddressList } from './addresses.js';

const ADDRESSES = { type: ['string', 'array'], items: { type: 'string' } };

export class EmailAttachment {
  @Field('The file name that readers see; default that of `file`.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(255)
  name?: string;

  @Field('What it holds: text, or bytes as base64; a value that is no text is sent as JSON.')
  @IsOptional()
  content?: unknown;

  @Field('Instead of `content`: a file of the execution, by name or id.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  file?: string;

  @Field('How `content` is written.', { enum: ['utf8', 'base64'] })
  @IsOptional()
  @IsIn(['utf8', 'base64'])
  encoding: 'utf8' | 'base64' = 'utf8';

  @Field('The media type; default by the name.')
  @IsOptional()
  @IsString()
  type?: string;
}

export class EmailConfig {
  @Field('Who gets it: an address, several with commas between, or a list.', {
    ...ADDRESSES,
    examples: ['Ann <ann@example.com>'],
  })
  @IsAddressList()
  to!: unknown;

  @Field('Who gets a copy.', ADDRESSES)
  @IsOptional()
  @IsAddressList()
  cc?: unknown;

  @Field('Who gets a copy that the others do not see.', ADDRESSES)
  @IsOptional()
  @IsAddressList()
  bcc?: unknown;

  @Field('Where answers go.', ADDRESSES)
  @IsOptional()
  @IsAddressList()
  reply_to?: unknown;

  @Field('The sender; default that of the connection, or MAIL_FROM.')
  @IsOptional()
  @IsAddressList()
  from?: string;

  @Field('The subject, one line.')
  @IsString()
  @MaxLength(998)
  subject!: string;

  @Field('The body as plain text.')
  @IsOptional()
  @IsString()
  text?: string;

  @Field('The body as HTML.')
  @IsOptional()
  @IsString()
  html?: string;

  @Field(
    'Instead of `text` or `html`: a file under SCRIPTS_DIR, .html or .txt, in which {{ name }} stands for `data`.',
    {
      examples: ['mails/welcome.html'],
    },
  )
  @IsOptional()
  @IsString()
  template?: string;

  @Field('What the template shows; in HTML it is escaped.')
  @IsOptional()
  @IsObject()
  data?: Record<string, unknown>;

  @Field('Files to send with it.')
  @IsOptional()
  @NestedList(() => EmailAttachment)
  @ArrayMaxSize(50)
  attachments?: EmailAttachment[];

  @Field('A connection of type smtp, by name or id; default the server of SMTP_URL.')
  @IsOptional()
  @IsString()
  connection?: string;

  @Field('Until the mail server has taken it.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  timeout: string | number = '60s';
}

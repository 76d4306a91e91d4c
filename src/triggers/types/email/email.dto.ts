import { IsArray, IsBoolean, IsInt, IsObject, IsOptional, IsString, Max, Min } from 'class-validator';
import { Field, Nested } from '../../../common/validation/fields.js';
import { IsPatterns, IsStart } from './email.rules.js';

const PATTERN = {
  type: ['string', 'array'],
  items: { type: 'string' },
  examples: ['invoice', '*@example.com', '/^Order \\d+$/i'],
} as const;

export type Patterns = string | string[];

/** Which attachments become files of the execution; sizes are counted as decoded, never as declared. */
export class AttachmentCaps {
  @Field('How many of a mail are kept')
  @IsInt()
  @Min(0)
  @Max(100)
  max_count: number = 20;

  @Field('The largest that is kept, in bytes')
  @IsInt()
  @Min(0)
  @Max(26_214_400)
  max_size: number = 10_485_760;

  @Field('Media types that are kept; globs', { examples: [['application/pdf', 'image/*']] })
  @IsArray()
  @IsString({ each: true })
  types: string[] = ['**'];
}

/** Config of an email trigger. All filters that are given must hold. */
export class EmailConfig {
  @Field('A connection of type imap; default: the mailbox of the environment')
  @IsOptional()
  @IsString()
  connection?: string;

  @Field('The folder that is read')
  @IsString()
  folder: string = 'INBOX';

  @Field('Which mails count when the trigger is armed first: new_only, unseen, or {since: <date>}', {
    type: ['string', 'object'],
    examples: ['new_only', 'unseen', { since: '2026-01-01' }],
  })
  @IsStart()
  start: 'new_only' | 'unseen' | { since: string } | `since:${string}` = 'new_only';

  @Field('Sender, name or address: text, glob or /regex/; of several one is enough', PATTERN)
  @IsOptional()
  @IsPatterns()
  from?: Patterns;

  @Field('Recipients', PATTERN)
  @IsOptional()
  @IsPatterns()
  to?: Patterns;

  @Field('Copies', PATTERN)
  @IsOptional()
  @IsPatterns()
  cc?: Patterns;

  @Field('Subject', PATTERN)
  @IsOptional()
  @IsPatterns()
  subject?: Patterns;

  @Field('The text of the mail', PATTERN)
  @IsOptional()
  @IsPatterns()
  body?: Patterns;

  @Field('Headers by name, each with its patterns', { examples: [{ 'List-Id': '*orders*' }] })
  @IsOptional()
  @IsObject()
  header?: Record<string, Patterns>;

  @Field('Only mails with an attachment, or only those without')
  @IsOptional()
  @IsBoolean()
  has_attachment?: boolean;

  @Field('The least size of the whole mail, in bytes')
  @IsOptional()
  @IsInt()
  @Min(0)
  min_size?: number;

  @Field('The largest size of the whole mail, in bytes')
  @IsOptional()
  @IsInt()
  @Min(1)
  max_size?: number;

  @Field('Leaves out answers of machines: vacation notes, bounces, receipts')
  @IsBoolean()
  skip_auto_replies: boolean = true;

  @Field('Afterwards: mark the mail as read')
  @IsBoolean()
  mark_read: boolean = true;

  @Field('Afterwards: move it to this folder, made where it is missing')
  @IsOptional()
  @IsString()
  move_to?: string;

  @Field('Afterwards: set this flag or keyword', { examples: ['\\Flagged', 'processed'] })
  @IsOptional()
  @IsString()
  flag?: string;

  @Field('Afterwards: delete it')
  @IsBoolean()
  delete: boolean = false;

  @Field('Which attachments become files of the execution')
  @IsOptional()
  @Nested(() => AttachmentCaps)
  attachments: AttachmentCaps = new AttachmentCaps();
}

import { IsBoolean, IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export const OPERATIONS = ['read', 'write', 'list'] as const;
export const FORMATS = ['text', 'base64', 'json'] as const;

export class FileConfig {
  @Field('What to do.', { enum: [...OPERATIONS] })
  @IsIn(OPERATIONS)
  operation!: (typeof OPERATIONS)[number];

  @Field('The name of the file; to read, its id will do as well.', { examples: ['report.csv'] })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(255)
  name?: string;

  @Field('What to write: a text, base64, or with format json any value.')
  @IsOptional()
  content?: unknown;

  @Field('How the content stands here: text in UTF-8, bytes in base64, or a JSON value.', { enum: [...FORMATS] })
  @IsOptional()
  @IsIn(FORMATS)
  format: (typeof FORMATS)[number] = 'text';

  @Field('The media type to write; without it the one of the format.', { examples: ['text/csv'] })
  @IsOptional()
  @IsString()
  type?: string;

  @Field("Replace another step's file of this name; a step's own file is always replaced.")
  @IsOptional()
  @IsBoolean()
  overwrite: boolean = false;
}

import { IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export class FailConfig {
  @Field('Why it fails, for people.')
  @IsString()
  @IsNotEmpty()
  message!: string;

  @Field("The error's code: letters, digits, `_`, `-` and `.`, 100 characters at most.")
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Matches(/^[\w.-]+$/, { message: 'code must be letters, digits, "_", "-" and "."' })
  code: string = 'failed';
}

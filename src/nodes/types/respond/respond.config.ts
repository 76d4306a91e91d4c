import { IsInt, IsObject, IsOptional, Max, Min } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export class RespondConfig {
  @Field('The status of the answer.')
  @IsOptional()
  @IsInt()
  @Min(200)
  @Max(599)
  status_code: number = 200;

  @Field('Headers of the answer by name: text, numbers, true and false.', { additionalProperties: true })
  @IsOptional()
  @IsObject()
  headers?: Record<string, unknown>;

  @Field('Text is sent as it is, anything else as JSON; without it the answer has no body.')
  @IsOptional()
  body?: unknown;
}

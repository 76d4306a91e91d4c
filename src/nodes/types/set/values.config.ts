import { IsObject, IsOptional } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export class ValuesConfig {
  @Field('The values by name; each may hold templates.')
  @IsOptional()
  @IsObject()
  values?: Record<string, unknown>;

  @Field('Instead of `values`: one expression, whose value is the output.')
  @IsOptional()
  expression?: unknown;
}

import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export class EmitConfig {
  @Field('The type of the event, such as `order.paid`; event triggers and waits go by it.')
  @IsString()
  @IsNotEmpty()
  @MaxLength(255)
  type!: string;

  @Field("Where it comes from, a URI reference. Default: `/workflows/` and the workflow's id.")
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(1000)
  source?: string;

  @Field('What it is about.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(1000)
  subject?: string;

  @Field('What it says: any value.', {})
  @IsOptional()
  data?: unknown;
}

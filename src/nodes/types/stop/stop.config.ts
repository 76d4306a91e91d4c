import { IsOptional } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export class StopConfig {
  @Field("The execution's output; without one it is null.")
  @IsOptional()
  output?: unknown;
}

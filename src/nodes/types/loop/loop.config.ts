import { IsArray, IsBoolean, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Max, Min } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';
import { IsVariableName } from './is-variable-name.js';

export class LoopConfig {
  @Field('What to go through: a list, one pass for each item.')
  @IsOptional()
  @IsArray()
  items?: unknown[];

  @Field('Instead of `items`: an expression; a pass follows as long as it is true. The braces may be left out.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  while?: string;

  @Field('Instead of `items`: how many passes.')
  @IsOptional()
  @IsInt()
  @Min(0)
  times?: number;

  @Field('A further name for `item` inside.')
  @IsOptional()
  @IsVariableName()
  item_variable?: string;

  @Field('How many passes there may be at most; more fail the step.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  max_iterations: number = 1000;

  @Field('How many passes run at once.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  max_concurrency: number = 1;

  @Field('Whether a failed pass fails the loop, or is a result `{error}` like others.')
  @IsOptional()
  @IsIn(['fail', 'continue'])
  on_item_error: 'fail' | 'continue' = 'fail';

  @Field('Makes each pass take so many items: `item` is a list of them then.')
  @IsOptional()
  @IsInt()
  @Min(1)
  batch_size?: number;

  @Field('Whether passes become executions of their own, shared by all replicas.')
  @IsOptional()
  @IsBoolean()
  distribute: boolean = false;

  @Field('The steps of each pass.', { items: { type: 'object' } })
  @IsArray()
  steps!: unknown[];
}

import { ArrayNotEmpty, IsArray, IsOptional } from 'class-validator';
import { Field, Nested } from '../../../common/validation/fields.js';
import { IsCondition } from '../../../common/validation/is-condition.js';

const CONDITION = { type: ['string', 'boolean'] };
const STEPS = { type: 'array', items: { type: 'object' } };

export class ConditionList {
  @Field('True when every one of them is.', { type: 'array', items: CONDITION })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @IsCondition({ each: true })
  all?: unknown[];

  @Field('True when one of them is.', { type: 'array', items: CONDITION })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @IsCondition({ each: true })
  any?: unknown[];
}

export class ConditionConfig {
  @Field('What is asked: an expression that is true or false; the braces may be left out.', CONDITION)
  @IsOptional()
  @IsCondition()
  expression?: unknown;

  @Field('Instead of `expression`: several expressions, under `all` or under `any`.')
  @IsOptional()
  @Nested(() => ConditionList)
  conditions?: ConditionList;

  @Field('The steps that run when it is true.', STEPS)
  @IsOptional()
  @IsArray()
  then?: unknown[];

  @Field('The steps that run when it is false.', STEPS)
  @IsOptional()
  @IsArray()
  else?: unknown[];
}

import { ArrayNotEmpty, IsArray, IsDefined, IsOptional } from 'class-validator';
import { Field, NestedList } from '../../../common/validation/fields.js';
import { IsCondition } from '../../../common/validation/is-condition.js';

const STEPS = { type: 'array', items: { type: 'object' } };

export class SwitchCase {
  @Field('The case is taken when `value` is this; numbers, texts, lists and maps are compared as JSON.')
  @IsOptional()
  equals?: unknown;

  @Field('Instead of `equals`: an expression that is true or false; the braces may be left out.', {
    type: ['string', 'boolean'],
  })
  @IsOptional()
  @IsCondition()
  when?: unknown;

  @Field('The steps that run when the case is taken.', STEPS)
  @IsOptional()
  @IsArray()
  steps?: unknown[];
}

export class SwitchConfig {
  @Field('What the cases with `equals` are compared with.')
  @IsOptional()
  value?: unknown;

  @Field('The cases; the first that fits is taken.')
  @IsDefined()
  @NestedList(() => SwitchCase)
  @ArrayNotEmpty()
  cases!: SwitchCase[];

  @Field('The steps that run when no case fits.', STEPS)
  @IsOptional()
  @IsArray()
  default?: unknown[];
}

import { IsBoolean, IsInt, IsObject, IsOptional, Min } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';
import { IsWaitFor } from './is-wait-for.js';

export class ParallelConfig {
  @Field('The steps of each branch, by the name of the branch.', {
    additionalProperties: { type: 'array', items: { type: 'object' } },
  })
  @IsOptional()
  @IsObject()
  branches: Record<string, unknown> = {};

  @Field('How many branches run at once; default: all.')
  @IsOptional()
  @IsInt()
  @Min(1)
  max_concurrency?: number;

  @Field('Whether to fail, and cancel the other branches, as soon as `wait_for` can no longer be reached.')
  @IsOptional()
  @IsBoolean()
  fail_fast: boolean = false;

  @Field('How many branches must complete: `all`, `any` (one), or a number; those left over then are cancelled.', {
    anyOf: [{ enum: ['all', 'any'] }, { type: 'integer', minimum: 1 }],
  })
  @IsOptional()
  @IsWaitFor()
  wait_for: number | 'all' | 'any' = 'all';
}

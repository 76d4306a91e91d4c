import { IsIn, IsInt, IsNotEmpty, IsNumber, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { MEMORY_SCOPES, type MemoryScope } from '../../../common/memory/memory.contract.js';
import { Field } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';

export const OPERATIONS = ['get', 'set', 'delete', 'append', 'increment', 'list', 'search'] as const;

export class MemoryConfig {
  @Field('What to do.', { enum: [...OPERATIONS] })
  @IsIn(OPERATIONS)
  operation!: (typeof OPERATIONS)[number];

  @Field('Who shares it: this execution, its workflow, all workflows, or a conversation.', { enum: [...MEMORY_SCOPES] })
  @IsOptional()
  @IsIn(MEMORY_SCOPES)
  scope: MemoryScope = 'workflow';

  @Field('conversation: which one.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  conversation?: string;

  @Field('The name of the value.', { examples: ['last_order'] })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(512)
  key?: string;

  @Field('set: the value; append: an item for the end of the list.')
  @IsOptional()
  value?: unknown;

  @Field('get: what is given when there is no value.')
  @IsOptional()
  default?: unknown;

  @Field('increment: how much is added.')
  @IsOptional()
  @IsNumber()
  by: number = 1;

  @Field('append: the list keeps its last so many items.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10_000)
  max_items: number = 1_000;

  @Field('Until the value is forgotten; default never. Each change begins anew.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  ttl?: string | number;

  @Field('set, append, increment, delete: the revision that the value must have; 0 for none yet. Else the step fails.')
  @IsOptional()
  @IsInt()
  @Min(0)
  if_revision?: number;

  @Field('list, search: keys that begin so.')
  @IsOptional()
  @IsString()
  prefix: string = '';

  @Field('search: words that the value must hold, all of them.')
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  query?: string;

  @Field('list, search: no more than this.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  limit: number = 100;
}

import { IsBoolean, IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export class SubworkflowConfig {
  @Field('The workflow to start: its id or its slug.')
  @IsString()
  @IsNotEmpty()
  workflow!: string;

  @Field('Which version; without it the deployed one, or the latest when none is deployed.')
  @IsOptional()
  @IsInt()
  @Min(1)
  version?: number;

  @Field('Its input; checked against its `input_schema`. `{}` when left out.')
  @IsOptional()
  input?: unknown;

  @Field('Whether to wait for its end, and fail when it fails; else the step completes as soon as it is recorded.')
  @IsOptional()
  @IsBoolean()
  wait: boolean = true;
}

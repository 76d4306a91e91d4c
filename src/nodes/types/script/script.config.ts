import { IsIn, IsInt, IsObject, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';

export const RUNTIMES = ['javascript'] as const;

export class ScriptConfig {
  @Field('What runs it.', { enum: [...RUNTIMES] })
  @IsOptional()
  @IsIn(RUNTIMES, { message: 'this server runs scripts with the runtime "javascript" only' })
  runtime: (typeof RUNTIMES)[number] = 'javascript';

  @Field('The script: the body of an async function of `input`, `args` and `env`; what it returns is the result.', {
    examples: ['return input.items.length;'],
  })
  @IsOptional()
  @IsString()
  @MaxLength(1_048_576)
  code?: string;

  @Field('Instead of `code`: a file under SCRIPTS_DIR.', { examples: ['reports/totals.js'] })
  @IsOptional()
  @IsString()
  script?: string;

  @Field('Any value the script should know beside its input.')
  @IsOptional()
  args?: unknown;

  @Field('Names and texts, as `env`. The environment of the server is never visible.')
  @IsOptional()
  @IsObject()
  env?: Record<string, unknown>;

  @Field('Until the script is stopped.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  timeout: string | number = '30s';

  @Field('Heap of the script, MiB.')
  @IsOptional()
  @IsInt()
  @Min(8)
  @Max(1024)
  max_memory: number = 64;
}

import { IsIn, IsInt, IsObject, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';

export const RUNTIMES = ['javascript', 'node', 'python', 'bash'] as const;

export class ScriptConfig {
  @Field('What runs it: a sandbox that only computes, or a process; SCRIPT_RUNTIMES says which this server has.', {
    enum: [...RUNTIMES],
  })
  @IsOptional()
  @IsIn(RUNTIMES)
  runtime: (typeof RUNTIMES)[number] = 'javascript';

  @Field(
    'javascript: the body of an async function of `input`, `args` and `env`; what it returns is the result. Others: the ' +
      'program, with `input` set and on its standard input; the JSON on its last line of output is the result.',
    { examples: ['return input.items.length;'] },
  )
  @IsOptional()
  @IsString()
  @MaxLength(1_048_576)
  code?: string;

  @Field('Instead of `code`: a file under SCRIPTS_DIR.', { examples: ['reports/totals.js'] })
  @IsOptional()
  @IsString()
  script?: string;

  @Field('Any value the script should know beside its input; for a process its arguments.')
  @IsOptional()
  args?: unknown;

  @Field('Names and texts, as `env` or as the environment. That of the server is never visible.')
  @IsOptional()
  @IsObject()
  env?: Record<string, unknown>;

  @Field('Until the script is stopped.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  timeout: string | number = '30s';

  @Field('Memory of the script, MiB.')
  @IsOptional()
  @IsInt()
  @Min(8)
  @Max(1024)
  max_memory: number = 64;
}

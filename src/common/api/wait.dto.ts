import { IsBoolean, IsOptional, IsString } from 'class-validator';
import { QueryFlag } from './query-flag.js';

/** The fields `wait` and `wait_timeout` of what starts an execution, as query parameters: `?wait=true&wait_timeout=10s`. */
export class WaitQuery {
  /** Answer with the finished execution instead of at once. */
  @IsOptional()
  @QueryFlag()
  @IsBoolean()
  wait?: boolean;

  /** How long `wait` waits: `30s` (default), or at most 10 minutes. */
  @IsOptional()
  @IsString()
  wait_timeout?: string;
}

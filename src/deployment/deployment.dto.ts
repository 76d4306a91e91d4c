import { IsIn, IsInt, IsOptional, Min } from 'class-validator';

export class DeployBody {
  /** Default: the latest version. */
  @IsOptional()
  @IsInt()
  @Min(1)
  version?: number;

  /** notify: occurrences are mailed and start nothing. Default: EXECUTION_MODE. */
  @IsOptional()
  @IsIn(['execute', 'notify'])
  mode?: 'execute' | 'notify';
}

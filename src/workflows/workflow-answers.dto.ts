import { StatisticsDto } from '../common/statistics/statistics.dto.js';
import type { WorkflowStatus } from './workflow-status.js';

export class VersionHeadDto {
  workflow_id!: string;
  version!: number;
  checksum!: string;
  created_by!: string | null;
  created_at!: Date;
}

export class VersionPageDto {
  items!: VersionHeadDto[];
  next_cursor!: string | null;
}

export class VersionDto extends VersionHeadDto {
  definition!: Record<string, unknown>;
  /** As it was written; null when it came as an object. */
  source!: string | null;
}

export class StepsDiffDto {
  /** Step ids. */
  added!: string[];
  removed!: string[];
  changed!: string[];
}

export class ChangeDto {
  /** Where, dotted: `steps.fetch.config.url`. */
  path!: string;
  kind!: 'added' | 'removed' | 'changed';
  /** What was there: anything. */
  from?: unknown;
  /** What is there now: anything. */
  to?: unknown;
}

export class DiffDto {
  from!: number;
  to!: number;
  steps!: StepsDiffDto;
  changes!: ChangeDto[];
}

/** A step as the definition writes it. */
export class TaskDto {
  id!: string;
  /** A node type. */
  type!: string;
  name?: string;
  config?: Record<string, unknown>;
  depends_on?: string[];
  [field: string]: unknown;
}

export class TaskListDto {
  items!: TaskDto[];
  /** Always null: the steps are one page. */
  next_cursor!: string | null;
}

export class LastExecutionDto {
  status!: string | null;
  at!: Date;
}

export class WorkflowStatusDto {
  id!: string;
  workflow_id!: string;
  status!: WorkflowStatus;
  version!: number;
  is_deployed!: boolean;
  deployed_version!: number | null;
  active_executions!: number;
  last_execution!: LastExecutionDto | null;
}

export class WorkflowStatisticsDto extends StatisticsDto {
  workflow_id!: string;
  last_executed!: Date | null;
  last_status!: string | null;
}

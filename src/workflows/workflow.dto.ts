import { Transform, Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  Min,
} from 'class-validator';
import { PageQuery } from '../common/api/page.dto.js';
import { QueryFlag } from '../common/api/query-flag.js';
import { WORKFLOW_STATUSES, type WorkflowStatus } from './workflow-status.js';

/** The body of a create or a change that is not the definition itself. */
export class WorkflowBody {
  /** Default: the definition's own name. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name?: string;

  @IsOptional()
  @IsString()
  @MaxLength(10_000)
  description?: string;

  /** The definition as an object, or as YAML or JSON text. */
  @Allow()
  definition?: Record<string, unknown> | string;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  tags?: string[];

  @IsOptional()
  @IsString()
  @MaxLength(200)
  owner_id?: string | null;

  @IsOptional()
  @IsBoolean()
  is_template?: boolean;

  /** Lower-case letters, digits, `-` and `_`. Default: made from the name. */
  @IsOptional()
  @IsString()
  slug?: string;
}

/** Values such as `a,b` and repeated parameters become lists. */
function asList({ value }: { value: unknown }): unknown {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? [value] : value;
  return Array.isArray(list) ? list.flatMap((item) => String(item).split(',')).filter((item) => item !== '') : list;
}

export class WorkflowQuery extends PageQuery {
  @IsOptional()
  @IsString()
  owner_id?: string;

  /** One or several, with commas between. */
  @IsOptional()
  @Transform(asList)
  @IsIn(WORKFLOW_STATUSES, { each: true })
  status?: WorkflowStatus[];

  /** Workflows that bear all of these. */
  @IsOptional()
  @Transform(asList)
  @IsString({ each: true })
  tags?: string[];

  /** Text in name, slug or description. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  q?: string;

  @IsOptional()
  @QueryFlag()
  @IsBoolean()
  is_template?: boolean;
}

export class GraphQuery {
  @IsOptional()
  @IsIn(['json', 'mermaid', 'svg'])
  format: 'json' | 'mermaid' | 'svg' = 'json';

  /** Default: the latest. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  version?: number;
}

export class InstantiateBody {
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name!: string;

  /** Set over the template's own. */
  @IsOptional()
  @IsObject()
  variables?: Record<string, unknown>;
}

export class TaskBody {
  /** Default: made from the name. */
  @IsOptional()
  @IsString()
  id?: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name!: string;

  /** A node type. */
  @IsString()
  @IsNotEmpty()
  task_type!: string;

  @IsOptional()
  @IsObject()
  config?: Record<string, unknown>;

  /** Step ids. Default: the step before it. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  depends_on?: string[];
}

export class TaskChange {
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  task_type?: string;

  @IsOptional()
  @IsObject()
  config?: Record<string, unknown>;

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  depends_on?: string[];
}

/** A workflow. */
export class WorkflowDto {
  id!: string;
  /** Unique; addresses the workflow as its id does. */
  slug!: string;
  name!: string;
  description!: string;
  status!: WorkflowStatus;
  /** The latest version. */
  version!: number;
  /** The version in force; null while none is deployed. */
  deployed_version!: number | null;
  definition!: Record<string, unknown>;
  variables!: Record<string, unknown>;
  tags!: string[];
  owner_id!: string | null;
  is_template!: boolean;
  execution_count!: number;
  last_executed!: Date | null;
  /** How the execution that ended last has ended; null before the first. */
  last_status!: string | null;
  /** 0 to 1; null before the first execution has ended. */
  success_rate!: number | null;
  triggers!: Record<string, unknown>[];
  steps!: Record<string, unknown>[];
  created_at!: Date;
  updated_at!: Date;
  /** Counts every change; the ETag. */
  revision!: number;
}

export class WorkflowPage {
  items!: WorkflowDto[];
  next_cursor!: string | null;
}

/** What validation found. */
export class ValidationDto {
  valid!: boolean;
  errors!: Record<string, unknown>[];
  warnings!: Record<string, unknown>[];
  /** Null when the definition is not valid. */
  plan!: Record<string, unknown> | null;
  /** What a workflow of this name is called, unless it is taken or another is asked for. Null as above. */
  slug!: string | null;
}

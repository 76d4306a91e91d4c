import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, MaxLength } from 'class-validator';
import { PageQuery } from '../../common/api/page.dto.js';

const STATUSES = ['pending', 'approved', 'rejected', 'expired'] as const;
const VERBS = ['approve', 'reject'] as const;
export const LONGEST_COMMENT = 10_000;

export class ApprovalsQuery extends PageQuery {
  @IsOptional()
  @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];

  /** Only those that name this assignee. */
  @IsOptional()
  @IsString()
  @MaxLength(500)
  assignee?: string;

  /** Only those of this execution. */
  @IsOptional()
  @IsUUID()
  execution_id?: string;
}

/** `POST /approvals/{id}/decide` */
export class DecideDto {
  @ApiProperty({ enum: VERBS })
  @IsIn(VERBS)
  decision!: (typeof VERBS)[number];

  /** What the form asks for; checked against it. Any JSON value. */
  @ApiProperty({
    required: false,
    anyOf: [{ type: 'object', additionalProperties: true }, {}],
    example: { amount: 20 },
  })
  @IsOptional()
  data?: unknown;

  @IsOptional()
  @IsString()
  @MaxLength(LONGEST_COMMENT)
  comment?: string;
}

/** `POST /public/approvals/{token}` as JSON. */
export class DecideByLinkDto {
  /** Needed with a `form` link; the others decide by themselves. */
  @ApiProperty({ enum: VERBS, required: false })
  @IsOptional()
  @IsIn(VERBS)
  decision?: (typeof VERBS)[number];

  /** What the form asks for; checked against it. Any JSON value. */
  @ApiProperty({ required: false, anyOf: [{ type: 'object', additionalProperties: true }, {}] })
  @IsOptional()
  data?: unknown;

  @IsOptional()
  @IsString()
  @MaxLength(LONGEST_COMMENT)
  comment?: string;
}

export class DecisionDto {
  @ApiProperty({ enum: VERBS })
  decision!: (typeof VERBS)[number];
  /** An actor of the API, or the assignee whom the link names. */
  by!: string;
  at!: string;
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  data!: unknown;
  @ApiProperty({ type: String, nullable: true })
  comment!: string | null;
  @ApiProperty({ enum: ['api', 'link'] })
  via!: 'api' | 'link';
}

export class ApprovalLinksDto {
  approve!: string;
  reject!: string;
  /** A page with the form, and both decisions. */
  form!: string;
}

export class AssigneeLinksDto extends ApprovalLinksDto {
  assignee!: string;
}

export class EscalationDto {
  /** Who is asked then, beside the others. */
  @ApiProperty({ type: [String] })
  to!: readonly string[];
  due_at!: string;
  /** When they were asked; null: not yet, or it was decided before. */
  @ApiProperty({ type: String, nullable: true })
  escalated_at!: string | null;
}

export class ApprovalDto {
  id!: string;
  execution_id!: string;
  workflow_id!: string;
  step_execution_id!: string;
  step_path!: string;
  title!: string;
  message!: string;
  @ApiProperty({ type: [String] })
  assignees!: readonly string[];
  approvals_needed!: number;
  /** JSON Schema of the data. */
  @ApiProperty({ nullable: true, type: 'object', additionalProperties: true })
  form!: unknown;
  /** `expired`: the step waits no longer, and nobody has decided. */
  @ApiProperty({ enum: STATUSES })
  status!: (typeof STATUSES)[number];
  @ApiProperty({ type: [DecisionDto] })
  decisions!: readonly DecisionDto[];
  @ApiProperty({ type: [EscalationDto] })
  escalations!: readonly EscalationDto[];
  @ApiProperty({ type: String, nullable: true })
  expires_at!: string | null;
  created_at!: string;
  @ApiProperty({ type: String, nullable: true })
  closed_at!: string | null;
  /** Of the first assignee who has not decided; null when it is not pending, and for viewers: whoever has a link may decide. */
  @ApiProperty({ type: ApprovalLinksDto, nullable: true })
  links!: ApprovalLinksDto | null;
  /** Of each assignee who has not decided. */
  @ApiProperty({ type: [AssigneeLinksDto] })
  assignee_links!: AssigneeLinksDto[];
}

export class ApprovalPageDto {
  @ApiProperty({ type: [ApprovalDto] })
  items!: ApprovalDto[];
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

import { ApiProperty } from '@nestjs/swagger';
/** What of the definition decided: `filter`, `branches`, `duplicate_of`, `overlap`, `paused`, … */
export class ReasonDto {
  code!: string;
  detail!: string | null;
}

export class TriggerHealthDto {
  status!: 'healthy' | 'degraded' | 'unhealthy' | 'paused';
  armed_since!: Date | null;
  connected_since!: Date | null;
  last_looked!: Date | null;
  last_fired!: Date | null;
  next_due!: Date | null;
  last_error!: string | null;
  restarts!: number;
}

export class TriggerDedupDto {
  key!: string | null;
  /** Seconds. */
  ttl!: number | null;
}

export class TriggerDto {
  id!: string;
  workflow_id!: string;
  /** One of GET /trigger-types. */
  type!: string;
  name!: string;
  /** `definition`: it came with the version in force; `api`: it was added by itself. */
  origin!: string;
  /** Secrets that are written out in it are shown as `***`. */
  config!: Record<string, unknown>;
  filter!: string | null;
  /** A template over `trigger`: anything. */
  input?: unknown;
  priority!: number | null;
  dedup!: TriggerDedupDto | null;
  mode!: string | null;
  is_enabled!: boolean;
  is_armed!: boolean;
  start_at!: Date | null;
  end_at!: Date | null;
  paused_reason!: string | null;
  last_triggered!: Date | null;
  trigger_count!: number;
  next_due!: Date | null;
  health!: TriggerHealthDto;
}

export class TriggerListDto {
  items!: TriggerDto[];
  /** Always null: a workflow's triggers are one page. */
  next_cursor!: string | null;
}

export class WorkflowTriggersStatusDto {
  workflow_id!: string;
  triggers!: TriggerDto[];
}

export class TriggerHealthItemDto {
  id!: string;
  workflow_id!: string;
  type!: string;
  name!: string;
  health!: TriggerHealthDto;
}

export class TriggersHealthDto {
  status!: 'healthy' | 'degraded';
  items!: TriggerHealthItemDto[];
}

export class OccurrenceDto {
  id!: string;
  trigger_id!: string;
  workflow_id!: string;
  occurred_at!: Date;
  scheduled_for!: Date | null;
  dedup_key!: string | null;
  outcome!: 'fired' | 'filtered' | 'duplicate' | 'skipped' | 'notified' | 'rejected' | 'failed';
  reason!: ReasonDto | null;
  execution_id!: string | null;
  /** What the trigger saw: anything. */
  payload?: unknown;
  /** The occurrence that this one repeats. */
  replay_of!: string | null;
}

export class OccurrencePageDto {
  items!: OccurrenceDto[];
  next_cursor!: string | null;
}

export class TriggerTestDto {
  outcome!: string;
  reason!: ReasonDto | null;
  /** The execution's input: anything; null when nothing would start. */
  input?: unknown;
  dedup_key!: string | null;
}

export class BackfillInstantDto {
  at!: Date;
}

export class BackfillDto {
  dry_run!: boolean;
  /** How many instants lie in the range, as far as `items` shows them. */
  count!: number;
  items!: BackfillInstantDto[];
  /** Whether the range holds more than `items`. */
  has_more!: boolean;
}

export class PreviewInstantDto {
  at!: Date;
  /** The same instant on the clock of the schedule's zone. */
  local!: string;
  /** `gap`: the clock jumped over it; `fold`: the clock shows it twice. */
  note!: 'gap' | 'fold' | null;
  /** `at` with its jitter. */
  due_at!: Date;
}

export class PreviewDto {
  items!: PreviewInstantDto[];
}

export class TriggerTypeDto {
  type!: string;
  /** Other names of the same type: `schedule` for `cron`. */
  aliases!: string[];
  title!: string;
  description!: string;
  /** The JSON Schema of its config. */
  schema!: Record<string, unknown>;
}

export class TriggerTypeListDto {
  items!: TriggerTypeDto[];
  /** Always null: the catalogue is one page. */
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

export class FiredDto {
  /** The same as `execution_id`. */
  id!: string | null;
  /** Null where nothing was started; `status` and `reason` say why. */
  execution_id!: string | null;
  workflow_id!: string;
  /** The execution's, or the occurrence's outcome where nothing was started. */
  status!: string;
  status_url!: string | null;
  /** A key pointed to an earlier execution. */
  duplicate!: boolean;
  occurrence_id!: string | null;
  reason!: ReasonDto | null;
}

export class ConfirmationDto {
  confirmation_required!: boolean;
  /** Holds once, for 10 minutes, for the caller who got it. */
  confirmation_token!: string;
  expires_at!: Date;
}

export class WebhooksStatusDto {
  status!: 'healthy' | 'degraded';
  /** How many triggers this replica looks after. */
  webhooks!: number;
  /** Addresses that all triggers of a type share: `type`, `method`, `path`, `status`, `detail` and figures of the type. */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  items!: Record<string, unknown>[];
}

import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../../common/api/page.dto.js';

export class EventsQuery extends PageQuery {
  /** Only events of this type; `*` stands for any characters. */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  type?: string;

  @IsOptional()
  @IsString()
  @MaxLength(1000)
  source?: string;
}

/** An event in the JSON format of CloudEvents 1.0; extension attributes stand beside these. */
export class CloudEventDto {
  @ApiProperty({ enum: ['1.0'] })
  specversion!: '1.0';
  /** Unique within its source. */
  id!: string;
  source!: string;
  type!: string;
  @ApiProperty({ required: false, format: 'date-time' })
  time!: string;
  subject?: string;
  datacontenttype?: string;
  @ApiProperty({ required: false, anyOf: [{ type: 'object', additionalProperties: true }, {}] })
  data?: unknown;
}

export class EventDto extends CloudEventDto {
  /** Of the record. */
  record_id!: string;
  received_at!: string;
  /** That emitted it; null when it came from outside. */
  @ApiProperty({ type: String, nullable: true })
  execution_id!: string | null;
}

export class EventPageDto {
  @ApiProperty({ type: [EventDto] })
  items!: EventDto[];
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

export class AcceptedEventsDto {
  /** How many are new. */
  accepted!: number;
  /** How many were known already by source and id, or were sent by an earlier call with the same `Idempotency-Key`. */
  duplicates!: number;
  /** The events' own ids, in the order sent; of an earlier call with the same `Idempotency-Key`, those that it sent. */
  @ApiProperty({ type: [String] })
  ids!: readonly string[];
}

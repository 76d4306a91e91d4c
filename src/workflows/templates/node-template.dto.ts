import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { PageQuery } from '../../common/api/page.dto.js';
import { TEMPLATE_NAME } from '../../definition/templates/step-template.js';

const PARAMETERS = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    properties: { type: {}, description: {}, required: {}, default: {}, enum: {} },
  },
  example: { url: { type: 'string', required: true }, tries: { type: 'integer', default: 3 } },
} as const;
const STEPS = { type: 'array', items: { type: 'object', additionalProperties: true } } as const;

export class NodeTemplateBody {
  /** For a reader. */
  @IsOptional()
  @IsString()
  @MaxLength(10_000)
  description?: string;

  /** By name: `{type, description, required, default, enum}`. */
  @ApiProperty(PARAMETERS)
  @IsOptional()
  @IsObject()
  parameters?: Record<string, unknown>;

  /** The steps, with `{{ parameters.<name> }}` where a value belongs. */
  @ApiProperty(STEPS)
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @IsObject({ each: true })
  steps!: Record<string, unknown>[];

  /** The number of this version; default: the next one. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  version?: number;
}

export class NewNodeTemplateBody extends NodeTemplateBody {
  @Matches(TEMPLATE_NAME, {
    message: 'name must be letters, digits, "_" and "-", beginning with a letter, at most 100',
  })
  name!: string;
}

export class NodeTemplateChange extends NodeTemplateBody {
  /** May be repeated; a template keeps its name. */
  @IsOptional()
  @IsString()
  name?: string;
}

export class NodeTemplateQuery {
  /** Default: the latest. */
  @IsOptional()
  @Matches(/^\d{1,9}$/, { message: 'version must be a number' })
  version?: string;
}

export class NodeTemplatesQuery extends PageQuery {
  /** Text in name or description. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  q?: string;
}

export class NodeTemplateDto {
  id!: string;
  name!: string;
  version!: number;
  description!: string;
  @ApiProperty(PARAMETERS)
  parameters!: Record<string, unknown>;
  @ApiProperty(STEPS)
  steps!: unknown[];
  created_by!: string | null;
  created_at!: Date;
  /** When this version was made. */
  updated_at!: Date;
}

export class NodeTemplatePage {
  items!: NodeTemplateDto[];
  next_cursor!: string | null;
}

import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsISO8601,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';
import { PageQuery } from '../common/api/page.dto.js';
import { ROLES, type AccessRole } from '../common/api/requires.js';
import { SCOPE } from './scopes.js';

export class ApiKeyBody {
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name!: string;

  @IsIn(ROLES)
  role!: AccessRole;

  /** `workflows:read`, `executions:write`, `*`. Default: all that the role may do. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @Matches(SCOPE, { each: true })
  scopes?: string[];

  /** Default: never. */
  @IsOptional()
  @IsISO8601({ strict: true })
  expires_at?: string | null;

  /** The key sees this owner's workflows only. Default: it sees all. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  owner_id?: string | null;
}

export class ApiKeyChange {
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name?: string;

  @IsOptional()
  @IsIn(ROLES)
  role?: AccessRole;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @Matches(SCOPE, { each: true })
  scopes?: string[];

  @IsOptional()
  @IsISO8601({ strict: true })
  expires_at?: string | null;
}

export class AuditQuery extends PageQuery {
  @IsOptional()
  @IsString()
  actor?: string;

  /** `workflows.activate` */
  @IsOptional()
  @IsString()
  action?: string;

  /** `workflows/<id>` */
  @IsOptional()
  @IsString()
  resource?: string;

  @IsOptional()
  @IsISO8601()
  from?: string;

  @IsOptional()
  @IsISO8601()
  to?: string;
}

/** An API key; never the key itself. */
export class ApiKeyDto {
  id!: string;
  name!: string;
  /** The key's first characters. */
  prefix!: string;
  role!: AccessRole;
  scopes!: string[];
  owner_id!: string | null;
  created_by!: string | null;
  created_at!: Date;
  expires_at!: Date | null;
  last_used!: Date | null;
}

/** The one answer that holds the key. */
export class NewApiKeyDto extends ApiKeyDto {
  key!: string;
}

export class ApiKeyPage {
  items!: ApiKeyDto[];
  next_cursor!: string | null;
}

export class MeDto {
  actor!: string;
  name!: string;
  role!: AccessRole;
  scopes!: string[];
  owner_id!: string | null;
  expires_at!: Date | null;
}

export class AuditEntryDto {
  id!: string;
  at!: Date;
  /** `admin`, `key:<id>` or `jwt:<sub>` */
  actor!: string;
  action!: string;
  resource!: string;
  before!: Record<string, unknown> | null;
  after!: Record<string, unknown> | null;
  ip!: string | null;
}

export class AuditPage {
  items!: AuditEntryDto[];
  next_cursor!: string | null;
}

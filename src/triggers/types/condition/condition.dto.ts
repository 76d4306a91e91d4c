import {
  IsArray,
  IsIn,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateBy,
} from 'class-validator';
import { parseDuration } from '../../../common/duration.js';
import { Field, Nested } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';

export class ConditionHttp {
  @Field('What is polled; may hold {{ secrets.x }}', { examples: ['https://api.example.com/stock'] })
  @IsString()
  @IsNotEmpty()
  url!: string;

  @Field('The request method', { enum: ['GET', 'HEAD', 'POST'] })
  @Matches(/^(GET|HEAD|POST)$/i, { message: 'method must be GET, HEAD or POST' })
  method: string = 'GET';

  @Field('Request headers by name; values may hold {{ secrets.x }}', { additionalProperties: true })
  @IsOptional()
  @IsObject()
  headers?: Record<string, unknown>;

  @Field('Of a POST: text as it is, anything else as JSON')
  @IsOptional()
  body?: unknown;

  @Field('Until the whole answer is there', DURATION_SCHEMA)
  @IsDuration()
  timeout: string | number = '10s';
}

export class ConditionSql {
  @Field('A database connection, by name or id')
  @IsString()
  @IsNotEmpty()
  connection!: string;

  @Field('One statement that only reads', { examples: ['SELECT count(*) AS open FROM invoices WHERE paid = $1'] })
  @IsString()
  @IsNotEmpty()
  query!: string;

  @Field('Values bound to the placeholders of the statement')
  @IsArray()
  params: unknown[] = [];

  @Field('Of the statement', DURATION_SCHEMA)
  @IsDuration()
  timeout: string | number = '10s';
}

/** Config of a condition trigger. */
export class ConditionConfig {
  @Field('CEL; sees `http` {status_code, headers, body}, `sql` {rows, row_count} or `metrics`, and `env`', {
    examples: ['http.body.stock < 10', 'int(sql.rows[0].open) > 100', 'metrics.failed > 5'],
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(10_000)
  expression!: string;

  @Field('Polls a URL')
  @IsOptional()
  @Nested(() => ConditionHttp)
  http?: ConditionHttp;

  @Field('Asks a database')
  @IsOptional()
  @Nested(() => ConditionSql)
  sql?: ConditionSql;

  @Field('Looks at the engine: true, or {window}: how far back executions are counted (1h)', {
    anyOf: [
      { type: 'boolean', const: true },
      { type: 'object', properties: { window: DURATION_SCHEMA }, additionalProperties: false },
    ],
  })
  @IsOptional()
  @IsMetrics()
  metrics?: true | { window?: string | number };

  @Field('From one evaluation to the next; 1 s at least', DURATION_SCHEMA)
  @IsDuration()
  interval: string | number = '1m';

  @Field('edge: fires when it turns true; level: at each evaluation while it is true')
  @IsIn(['edge', 'level'])
  mode: 'edge' | 'level' = 'edge';

  @Field('How long it must have been true, at every evaluation, before it fires', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  for?: string | number;

  @Field('How long after it has fired it does not fire again', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  cooldown?: string | number;
}

function IsMetrics(): PropertyDecorator {
  return ValidateBy({
    name: 'isMetrics',
    validator: {
      validate: (value) => value === true || isWindow(value),
      defaultMessage: () => 'metrics must be true, or an object with at most a window such as 15m',
    },
  });
}

function isWindow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, text]) => name === 'window' && parseDuration(text) !== null);
}

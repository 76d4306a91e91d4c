import { IsArray, IsDefined, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { Field, NestedList } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';

export const CHANGES = ['execute', 'insert', 'update', 'upsert', 'delete'] as const;
export const OPERATIONS = ['query', ...CHANGES, 'transaction'] as const;
const LONGEST_SQL = 100_000;
const NAMES = { type: ['array', 'string'], items: { type: 'string' } };

/** What one statement is made of. */
export class DatabaseStatement {
  @Field('What the statement does; with `sql` default execute.', { enum: ['query', ...CHANGES] })
  @IsOptional()
  @IsIn(['query', ...CHANGES])
  operation?: (typeof OPERATIONS)[number];

  @Field('query and execute: one statement, with $1 (PostgreSQL) or ? in place of values. No templates.', {
    examples: ['SELECT id, total FROM orders WHERE customer = $1'],
  })
  @IsOptional()
  @IsString()
  @MaxLength(LONGEST_SQL)
  sql?: string;

  @Field('The values of `sql`, in order; they are bound.')
  @IsOptional()
  @IsArray()
  params?: unknown[];

  @Field('insert, update, upsert, delete: the table, a schema before a dot. No templates.', {
    examples: ['shop.orders'],
  })
  @IsOptional()
  @IsString()
  table?: string;

  @Field('insert, upsert: a row or a list of rows, by column; update: the new values by column.')
  @IsOptional()
  values?: unknown;

  @Field(
    'update, delete: which rows, by column: a value, null, a list (any of them), or {ne, gt, gte, lt, lte, like}. ' +
      'upsert: the columns that tell whether the row is there, with their values.',
  )
  @IsOptional()
  where?: unknown;

  @Field('upsert: the columns that tell whether the row is there; default those of `where`. No templates.', NAMES)
  @IsOptional()
  key?: unknown;

  @Field('Columns of the changed rows to give back, or "*". No templates.', NAMES)
  @IsOptional()
  returning?: unknown;
}

export class DatabaseConfig extends DatabaseStatement {
  @Field('A connection of type database, by name or id.', { examples: ['shop'] })
  @IsString()
  @IsDefined()
  connection!: string;

  @Field('What to do.', { enum: [...OPERATIONS] })
  @IsIn(OPERATIONS)
  declare operation: (typeof OPERATIONS)[number];

  @Field('transaction: statements, each as above; all of them take effect, or none.')
  @IsOptional()
  @NestedList(() => DatabaseStatement)
  statements?: DatabaseStatement[];

  @Field('Of each statement; it is then ended on the server too.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  timeout: string | number = '30s';

  @Field('A result of more rows fails the step.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  max_rows: number = 10_000;
}

import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import { Field, NestedList } from '../../../common/validation/fields.js';
import { DURATION_SCHEMA, IsDuration } from '../../../common/validation/rules.js';

const NOTIFY = 'true, false, or a list of mail addresses';

function IsNotify(): PropertyDecorator {
  return ValidateBy({
    name: 'isNotify',
    validator: {
      validate: (value) => typeof value === 'boolean' || isTexts(value),
      defaultMessage: (rule) => `${rule?.property ?? ''} must be ${NOTIFY}`,
    },
  });
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string');

export class ApprovalEscalation {
  @Field('How long after the beginning of the wait, when nothing is decided by then.', DURATION_SCHEMA)
  @IsDuration()
  after!: string | number;

  @Field('Who is asked then, beside the others: mail addresses, which get a mail, or other names.')
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  to!: string[];
}

export class ApprovalConfig {
  @Field('What is to be decided, in one line.')
  @IsOptional()
  @IsString()
  @MaxLength(500)
  title: string = 'Approval needed';

  @Field('What those who decide should know.')
  @IsOptional()
  @IsString()
  @MaxLength(20_000)
  message: string = '';

  @Field('Who should decide: mail addresses or other names. Each gets links of their own.')
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  assignees: string[] = [];

  @Field('How many different people must approve. One rejection rejects.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  approvals_needed: number = 1;

  @Field('JSON Schema of the data that an approval brings along; the page behind a link shows it as a form.')
  @IsOptional()
  @IsObject()
  form?: Record<string, unknown>;

  @Field('How long to wait for the decision. None: until it is made.', DURATION_SCHEMA)
  @IsOptional()
  @IsDuration()
  timeout?: string | number;

  @Field('What becomes of the step when the time is up.')
  @IsOptional()
  @IsIn(['approve', 'reject', 'fail'])
  on_timeout: 'approve' | 'reject' | 'fail' = 'fail';

  @Field('Whom else to ask when nobody has decided for some time; somebody who was asked already is reminded.')
  @IsOptional()
  @ArrayMaxSize(10)
  @NestedList(() => ApprovalEscalation)
  escalate: ApprovalEscalation[] = [];

  @Field(`Mails the links: true, to the assignees that are mail addresses; or a list of further addresses.`, {
    type: ['boolean', 'array'],
    items: { type: 'string' },
  })
  @IsOptional()
  @IsNotify()
  notify: boolean | string[] = false;
}

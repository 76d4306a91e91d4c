import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { PROVIDERS, type Provider } from '../../../common/ai/language-models.contract.js';
import { Field, NestedList } from '../../../common/validation/fields.js';

const MESSAGE_ROLES = ['user', 'assistant', 'system'] as const;

export class LlmMessage {
  @Field("Whose words they are; those of `system` are instructions, after the step's own.", {
    enum: [...MESSAGE_ROLES],
  })
  @IsIn(MESSAGE_ROLES)
  role!: (typeof MESSAGE_ROLES)[number];

  @Field('The words.')
  @IsString()
  content!: string;
}

export class LlmConfig {
  @Field(
    'Whose interface the model speaks. Default: what the connection says, or the provider whose key the server has.',
    { enum: [...PROVIDERS] },
  )
  @IsOptional()
  @IsIn(PROVIDERS)
  provider?: Provider;

  @Field('A connection of type llm, instead of the keys of the server.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  connection?: string;

  @Field('openai_compatible: the API, when no connection says it; default OPENAI_BASE_URL.', {
    examples: ['https://models.example.com/v1'],
  })
  @IsOptional()
  @Matches(/^https?:\/\/[^@]+$/, { message: '$property must be an http or https URL without credentials' })
  base_url?: string;

  @Field('The model; default that of the connection.', { examples: ['gpt-5-mini'] })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  model?: string;

  @Field('What is asked; after `messages`, where both are given.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  prompt?: string;

  @Field('Instructions that stand above the conversation.')
  @IsOptional()
  @IsString()
  system?: string;

  @Field('The conversation so far, oldest first.')
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @NestedList(() => LlmMessage)
  messages?: LlmMessage[];

  @Field('How freely the model chooses its words; default its own.')
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(2)
  temperature?: number;

  @Field('The longest answer, tokens.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  max_tokens: number = 4_096;

  @Field('A JSON Schema: the answer is JSON that satisfies it, and comes as `json`.')
  @IsOptional()
  @IsObject()
  response_schema?: Record<string, unknown>;
}

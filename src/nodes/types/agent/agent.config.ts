import {
  ArrayMaxSize,
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
  MaxLength,
  Min,
} from 'class-validator';
import { PROVIDERS, type Provider } from '../../../common/ai/language-models.contract.js';
import { Field, Nested, NestedList } from '../../../common/validation/fields.js';

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const NAME_RULE = { message: '$property must be letters, digits, "_" and "-", 64 at most' };

export class AgentTool {
  @Field('A connection of type mcp: its tools.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  mcp?: string;

  @Field('mcp: only these tools; default all.')
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @IsString({ each: true })
  only?: string[];

  @Field('A node type.', { examples: ['http'] })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  node?: string;

  @Field('node: fields of its config that the model cannot choose.')
  @IsOptional()
  @IsObject()
  config?: Record<string, unknown>;

  @Field('A workflow, by id or slug: the tool runs it and gives its output.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  workflow?: string;

  @Field('node, workflow: what the model calls it; default the name of the node type or workflow.')
  @IsOptional()
  @Matches(NAME, NAME_RULE)
  name?: string;

  @Field('node, workflow: what the model is told of it.')
  @IsOptional()
  @IsString()
  @MaxLength(4_000)
  description?: string;

  @Field('node, workflow: JSON Schema of what the model gives; default the fields of the node type, or any object.')
  @IsOptional()
  @IsObject()
  parameters?: Record<string, unknown>;
}

export class AgentBudget {
  @Field('Tokens of all calls together, in and out.')
  @IsOptional()
  @IsInt()
  @Min(1)
  tokens?: number;

  @Field('US dollars of all calls together.')
  @IsOptional()
  @IsNumber()
  @Min(0)
  usd?: number;
}

export class AgentMemory {
  @Field('The conversation that it remembers and adds to.')
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  conversation!: string;

  @Field('It remembers the last so many messages.')
  @IsOptional()
  @IsInt()
  @Min(2)
  @Max(1_000)
  max_messages: number = 40;
}

export class AgentConfig {
  @Field('What the agent shall do.')
  @IsString()
  @IsNotEmpty()
  task!: string;

  @Field('A connection of type llm, with the model and the standing instructions of the agent.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  agent_id?: string;

  @Field('Whose interface the model speaks. Default: what agent_id says, or the provider whose key the server has.', {
    enum: [...PROVIDERS],
  })
  @IsOptional()
  @IsIn(PROVIDERS)
  provider?: Provider;

  @Field('The model; default that of agent_id.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  model?: string;

  @Field('Instructions, after those of agent_id.')
  @IsOptional()
  @IsString()
  system?: string;

  @Field('What it may use.')
  @IsOptional()
  @ArrayMaxSize(50)
  @NestedList(() => AgentTool)
  tools: AgentTool[] = [];

  @Field('How often the model is asked at most.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(200)
  max_turns: number = 10;

  @Field('The longest answer of one turn, tokens.')
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  max_tokens: number = 2_048;

  @Field('How freely the model chooses its words; default its own.')
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(2)
  temperature?: number;

  @Field('A conversation that outlives the step.')
  @IsOptional()
  @Nested(() => AgentMemory)
  memory?: AgentMemory;

  @Field('What it may spend. A call that could go beyond is not made.')
  @IsOptional()
  @Nested(() => AgentBudget)
  budget?: AgentBudget;
}

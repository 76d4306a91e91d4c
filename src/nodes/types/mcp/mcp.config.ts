import { IsIn, IsNotEmpty, IsObject, IsOptional, IsString } from 'class-validator';
import { Field } from '../../../common/validation/fields.js';

export const OPERATIONS = ['call_tool', 'list_tools', 'list_resources', 'read_resource'] as const;

export class McpConfig {
  @Field('A connection of type mcp.')
  @IsString()
  @IsNotEmpty()
  server!: string;

  @Field('What to do.', { enum: [...OPERATIONS] })
  @IsOptional()
  @IsIn(OPERATIONS)
  operation: (typeof OPERATIONS)[number] = 'call_tool';

  @Field('call_tool: which one.')
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  tool?: string;

  @Field('call_tool: what the tool is given.')
  @IsOptional()
  @IsObject()
  arguments: Record<string, unknown> = {};

  @Field('read_resource: which one.', { examples: ['file:///reports/today.txt'] })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  uri?: string;
}

import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { ValidationDto } from '../workflow.dto.js';

/** What a workflow shall do, in plain words. */
export class GenerateBody {
  /** @example Every morning at 7, fetch https://api.example.com/orders and mail the number of orders to ops@example.com */
  @IsString()
  @IsNotEmpty()
  @MaxLength(10_000)
  text!: string;

  /** A connection of type llm. Default: the provider whose key the server has. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  connection?: string;

  /** Default: that of the connection, or a small one of the provider. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  model?: string;
}

export class GenerationUsageDto {
  input_tokens!: number;
  output_tokens!: number;
  total_tokens!: number;
}

/** A draft that nothing was stored of. */
export class GenerationDto extends ValidationDto {
  /** Null when the model wrote none. Create a workflow with it, or change it first. */
  definition!: Record<string, unknown> | null;
  model!: string;
  /** How often the model was asked: what has faults goes back to it. */
  attempts!: number;
  /** Null when the provider does not say. */
  usage!: GenerationUsageDto | null;
  /** US dollars; null when the price of the model is not known. */
  cost!: number | null;
}

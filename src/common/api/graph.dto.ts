import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiProperty, getSchemaPath } from '@nestjs/swagger';

export class GraphNodeDto {
  /** The path of the step in the plan. */
  id!: string;
  /** A node type. */
  type!: string;
  name!: string;
  @ApiProperty({ type: String, nullable: true })
  kind!: string | null;
  /** Of the step execution; null in the graph of a workflow, and before it is reached. */
  @ApiProperty({ type: String, nullable: true })
  status!: string | null;
}

export class GraphEdgeDto {
  from!: string;
  to!: string;
  /** The port that the edge leaves by; null: the only one. */
  @ApiProperty({ type: String, nullable: true })
  output!: string | null;
}

export class GraphDto {
  @ApiProperty({ type: [GraphNodeDto] })
  nodes!: GraphNodeDto[];
  @ApiProperty({ type: [GraphEdgeDto] })
  edges!: GraphEdgeDto[];
}

/** Documents the answer of a route that draws a graph by `format`. */
export const ApiGraph = (): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(GraphDto),
    ApiOkResponse({
      description: 'The graph, in the format that was asked for.',
      content: {
        'application/json': { schema: { $ref: getSchemaPath(GraphDto) } },
        'text/plain': { schema: { type: 'string' } },
        'image/svg+xml': { schema: { type: 'string' } },
      },
    }),
  );

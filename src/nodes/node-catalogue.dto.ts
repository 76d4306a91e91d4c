/** A node type as the catalogue shows it. */
export class NodeTypeDto {
  /** The step type in a definition. */
  type!: string;
  /** The node kind of the nodes form. */
  kind!: string;
  title!: string;
  description!: string;
  /** Output ports in the nodes form. */
  ports!: string[];
  /** JSON Schema of the step's `config`. */
  schema!: Record<string, unknown>;
}

/** Every node type of this server. */
export class NodeTypeListDto {
  items!: NodeTypeDto[];
  /** Always null: the catalogue is one page. */
  next_cursor!: string | null;
}

import { didYouMean } from '../common/validation/did-you-mean.js';
import { readDto } from '../common/validation/dto-check.js';
import type { NodeTypeDescription } from '../definition/type-catalogue.js';
import { describeNodeType } from './node-description.js';
import type { NodeType } from './node.contract.js';
import { ConfigInvalidError, NodeTypeNotFoundError, NodeTypesInvalidError } from './nodes.errors.js';

/**
 * The node types of this server by name: for the engine the types themselves and their configs at run time, for the
 * definition's `TypeCatalogue` their descriptions.
 */
export class NodeRegistry {
  private readonly types: ReadonlyMap<string, NodeType>;
  private readonly descriptions: ReadonlyMap<string, NodeTypeDescription>;

  /** @throws NodeTypesInvalidError when a name is taken twice or a type does not say all about itself. */
  constructor(types: readonly NodeType[]) {
    const faults = [...holes(types), ...duplicates(types)];
    if (faults.length > 0) throw new NodeTypesInvalidError(faults);
    this.types = new Map(types.map((type) => [type.type, type]));
    this.descriptions = new Map(types.map((type) => [type.type, describeNodeType(type)]));
  }

  /** @throws NodeTypeNotFoundError (404) */
  get(type: string): NodeType {
    const found = this.types.get(type);
    if (found === undefined) throw new NodeTypeNotFoundError(type, didYouMean(type, this.types.keys()));
    return found;
  }

  /**
   * The config of one attempt: `config` after its templates were evaluated, as the type's DTO with its defaults.
   * @throws ConfigInvalidError (`config_invalid`, not retryable)
   */
  resolve(type: string, config: unknown): object {
    const node = this.get(type);
    const { value, faults } = readDto(node.config, config ?? {});
    const all = faults.length > 0 ? faults : node.faults(value);
    if (all.length > 0) throw new ConfigInvalidError(type, all);
    return value;
  }

  /** @throws NodeTypeNotFoundError (404) */
  describe(type: string): NodeTypeDescription {
    return this.nodeType(this.get(type).type) as NodeTypeDescription;
  }

  nodeType(type: string): NodeTypeDescription | undefined {
    return this.descriptions.get(type);
  }

  nodeTypes(): readonly NodeTypeDescription[] {
    return [...this.descriptions.values()];
  }
}

function holes(types: readonly NodeType[]): string[] {
  return types.flatMap((node) => {
    const name = node.constructor.name;
    const missing = (['kind', 'title', 'description', 'config'] as const).filter((part) => !node[part]);
    const faults = missing.map((part) => `${name} has no ${part}`);
    if (!/^[a-z][a-z0-9_]*$/.test(node.type)) faults.push(`${name}: "${node.type}" is no snake_case name`);
    if (node.ports.length === 0) faults.push(`${name} has no ports`);
    return faults;
  });
}

function duplicates(types: readonly NodeType[]): string[] {
  const names = types.map((node) => node.type);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...twice].map((name) => `"${name}" is there twice`);
}

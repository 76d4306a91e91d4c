import type { Fault } from '../common/errors/app-error.js';
import { readDto } from '../common/validation/dto-check.js';
import { dtoSchema } from '../common/validation/dto-schema.js';
import type { NodeTypeDescription } from '../definition/type-catalogue.js';
import type { NodeType } from './node.contract.js';

/** What the definition module and the catalogue must know of a node type. */
export function describeNodeType(node: NodeType): NodeTypeDescription {
  return {
    type: node.type,
    kind: node.kind,
    title: node.title,
    description: node.description,
    ports: node.ports,
    effect: (config) => node.effect(config),
    nested: (config) => node.nested(config),
    check: (config) => checkConfig(node, config),
    expressionFields: node.expressionFields,
    scopeNames: (config, scope) => node.scopeNames(config, scope),
    schema: dtoSchema(node.config),
  };
}

function checkConfig(node: NodeType, config: unknown): readonly Fault[] {
  const { value, faults } = readDto(node.config, config, holdsTemplate);
  return faults.some(({ path }) => path === '') ? faults : [...faults, ...node.faults(value)];
}

/** Whether the value is only known after its templates were evaluated. */
export function holdsTemplate(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(holdsTemplate);
}

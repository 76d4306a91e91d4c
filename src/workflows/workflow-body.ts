import { checkBody } from '../common/api/check-body.js';
import type { Fault } from '../common/errors/app-error.js';
import type { Plain } from '../common/plain.js';
import { isSlug } from './slug.js';
import { WorkflowBody } from './workflow.dto.js';
import { BodyInvalidError } from './workflows.errors.js';

type Fields = Record<string, unknown>;

/** What a client sent: fields of the entity, and the definition as text or as an object. */
export interface WorkflowInput extends Omit<Plain<WorkflowBody>, 'definition'> {
  definition?: Fields | string;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The definition itself, not an entity that holds one: its steps stand at the top. */
function isDefinition(body: Fields): boolean {
  return body['definition'] === undefined && (body['steps'] !== undefined || body['nodes'] !== undefined);
}

/**
 * Reads the body of a create, a change or a validation: the entity as JSON, or the definition itself as YAML text or JSON.
 * @throws BodyInvalidError (422) with every fault
 */
export function readWorkflowBody(body: unknown): WorkflowInput {
  if (typeof body === 'string') return { definition: body };
  if (!isFields(body))
    throw new BodyInvalidError([{ path: '', code: 'object', message: 'The body must be an object.' }]);
  if (isDefinition(body)) return { definition: body };
  const { definition, ...entity } = body;
  const { value, faults } = checkBody(WorkflowBody, entity);
  const all = [...faults, ...checkDefinition(definition), ...checkSlug(value.slug)];
  if (all.length > 0) throw new BodyInvalidError(all);
  return { ...fieldsOf(value), definition: definition as Fields | string | undefined };
}

function fieldsOf(body: WorkflowBody): Omit<WorkflowInput, 'definition'> {
  const { name, description, tags, owner_id, is_template, slug } = body;
  return { name, description, tags, owner_id, is_template, slug };
}

function checkDefinition(definition: unknown): Fault[] {
  if (definition === undefined || typeof definition === 'string' || isFields(definition)) return [];
  return [{ path: 'definition', code: 'is_object', message: 'definition must be an object, or YAML or JSON text' }];
}

function checkSlug(slug: unknown): Fault[] {
  if (typeof slug !== 'string' || isSlug(slug)) return [];
  const message = 'slug must be lower-case letters, digits, "-" and "_", at most 100, and must not look like an id';
  return [{ path: 'slug', code: 'slug', message }];
}

/**
 * A definition needs a name; one inside an entity may leave it to the entity. Text stays text, so that faults keep their
 * lines: then the name must be in it.
 */
export function withName(definition: Fields | string, name: string | undefined): Fields | string {
  if (typeof definition === 'string' || name === undefined || definition['name'] !== undefined) return definition;
  return { ...definition, name };
}

import { type ApiDocument, operationsOf, type Schema } from './api-document.js';
import { addExamples } from './examples.js';
import { problemAnswer, problemExample } from './problems.js';

const PROBLEM = 'application/problem+json';
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Several events: the same route takes one and many. */
const BATCH = 'application/cloudevents-batch+json';
const PROBES = /^\/health/;

/**
 * Adds what holds for every route and would be repeated on each: the errors of unreadable requests, and examples.
 */
export function completeDocument(document: ApiDocument): void {
  openAnyValues(document);
  for (const schema of Object.values(document.components?.schemas ?? {})) tellDefaults(schema);
  for (const schema of Object.values(document.components?.schemas ?? {})) openObjects(schema);
  for (const { path, method, operation } of operationsOf(document)) {
    // What has a default may be left out, and so may every other part of a query.
    for (const parameter of operation.parameters ?? []) if (parameter.in === 'query') parameter.required = false;
    for (const status of sharedErrors(path, method))
      if (!(status in operation.responses)) operation.responses[status] = problemAnswer(status);
    const batch = operation.requestBody?.content?.[BATCH];
    if (batch?.schema !== undefined) batch.schema = { type: 'array', items: batch.schema };
    for (const [status, { content }] of Object.entries(operation.responses)) {
      const media = content?.[PROBLEM];
      if (media !== undefined) media.example ??= problemExample(Number(status));
    }
  }
  addExamples(document);
}

/** What Fastify, the parser of bodies and the router answer before a route is reached. */
function sharedErrors(path: string, method: string): number[] {
  if (PROBES.test(path)) return [400];
  const errors = path.includes('{') ? [400, 404, 422] : [400];
  return WITHOUT_BODY.has(method) ? errors : [...errors, 413, 415];
}

/** In words: of what has a `default`, generators of clients make fields that must be given. */
function tellDefaults(schema: Schema): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (!('default' in property)) continue;
    const { default: value, ...others } = property;
    const told = `${property.description ?? ''} Default: ${JSON.stringify(value)}.`.trim();
    (schema.properties ?? {})[name] = { ...others, description: told };
    schema.required = schema.required?.filter((one) => one !== name);
  }
}

const ANY_VALUE = new Set(['input', 'output', 'payload', 'data', 'value', 'from', 'to']);

/** The plugin takes `unknown` for an object; what people hand over and steps give back may be anything. */
function openAnyValues(document: ApiDocument): void {
  for (const { properties = {} } of Object.values(document.components?.schemas ?? {})) {
    for (const [name, schema] of Object.entries(properties)) {
      if (ANY_VALUE.has(name) && isAnyObject(schema)) properties[name] = withoutType(schema);
    }
  }
}

function isAnyObject({ type, properties }: Schema): boolean {
  return [type].flat().includes('object') && properties === undefined;
}

function withoutType(schema: Schema & { additionalProperties?: unknown; nullable?: unknown }): Schema {
  const { type: _type, additionalProperties: _rest, nullable: _nullable, ...others } = schema;
  return others;
}

/** An object of which no field is named may hold any: generated clients would take it for an empty one. */
function openObjects(schema: Schema & { additionalProperties?: unknown }): void {
  if (isAnyObject(schema)) schema.additionalProperties ??= true;
  const inner = [schema.items, ...Object.values(schema.properties ?? {})];
  const choices = [schema.oneOf, schema.anyOf, schema.allOf].flatMap((list) => list ?? []);
  for (const part of [...inner, ...choices]) if (part !== undefined) openObjects(part);
}

// The types of the console's HTTP client, made from the OpenAPI document.
import openapiTS, { astToString } from 'openapi-typescript';

const HEAD = `// Made from the OpenAPI document by \`npm run console:types\`; not to be edited.\n\n`;
const PROSE = new Set(['example', 'examples', 'description', 'summary']);
/** Below these, keys are names and no keywords. */
const NAMED = new Set(['properties', 'schemas', 'paths', 'responses', 'content', 'patternProperties']);

/** @returns the text of `schema.d.ts`: what the console calls, without prose, every error answer as one type. */
export async function clientTypes(document) {
  document = withSortedEnums(document);
  const { paths, components } = bare(document);
  for (const item of Object.values(paths)) {
    for (const operation of Object.values(item)) oneError(operation);
  }
  return HEAD + astToString(await openapiTS({ openapi: '3.1.0', info: document.info, paths, components }));
}

function oneError(operation) {
  if (typeof operation !== 'object' || operation === null || !('responses' in operation)) return;
  const good = Object.entries(operation.responses).filter(([status]) => /^[23]/.test(status));
  const schema = { $ref: '#/components/schemas/ProblemDto' };
  operation.responses = {
    ...Object.fromEntries(good),
    default: { description: '', content: { 'application/problem+json': { schema } } },
  };
}

function bare(node, isNamed = false) {
  if (Array.isArray(node)) return node.map((each) => bare(each));
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => isNamed || !PROSE.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, bare(value, !isNamed && NAMED.has(key))]));
}

/** The order of an enum follows that in which the compiler met its members, which any other file may change. */
function withSortedEnums(value) {
  if (Array.isArray(value)) return value.map(withSortedEnums);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === 'enum' && Array.isArray(inner) ? inner.toSorted() : withSortedEnums(inner),
    ]),
  );
}

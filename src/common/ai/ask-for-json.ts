import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { LanguageModelError } from './ai.errors.js';
import type { LanguageModels, ModelAnswer, ModelRequest, Usage } from './language-models.contract.js';

type Schema = Readonly<Record<string, unknown>>;

/** Answers that were paid for, the last one to be used. */
export interface JsonAnswer {
  readonly answer: ModelAnswer;
  readonly json: unknown;
  readonly usage: Usage | null;
  readonly cost: number | null;
}

/**
 * An answer that satisfies the schema. One that does not is sent back once with what is wrong with it.
 * @throws LanguageModelError `llm_answer_invalid`, `llm_answer_truncated`, and what `complete` throws
 */
export async function askForJson(models: LanguageModels, request: ModelRequest, schema: Schema): Promise<JsonAnswer> {
  const check = compileSchema(schema);
  const asked: ModelRequest = { ...request, schema, system: withSchema(request.system, schema) };
  const first = await models.complete(asked);
  const found = readJson(first, check);
  if ('json' in found) return { answer: first, json: found.json, usage: first.usage, cost: first.cost };
  const second = await models.complete({
    ...asked,
    ...(asked.idempotencyKey !== undefined && { idempotencyKey: `${asked.idempotencyKey}:repair` }),
    messages: [
      ...asked.messages,
      { role: 'assistant', content: first.text || '(nothing)' },
      { role: 'user', content: `That is not right: ${found.fault}. Answer again, with the JSON value alone.` },
    ],
  });
  const mended = readJson(second, check);
  if ('json' in mended)
    return {
      answer: second,
      json: mended.json,
      usage: added(first.usage, second.usage),
      cost: sum(first.cost, second.cost),
    };
  const code = second.finishReason === 'length' ? 'llm_answer_truncated' : 'llm_answer_invalid';
  throw new LanguageModelError(code, `The model's answer is not what response_schema asks for: ${mended.fault}`, {
    retryable: code === 'llm_answer_invalid',
  });
}

/** @throws Error when it is no JSON Schema */
export function compileSchema(schema: Schema): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  formats.default(ajv);
  return ajv.compile(schema);
}

/** null: it is a JSON Schema. */
export function schemaFault(schema: Schema): string | null {
  try {
    compileSchema(schema);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readJson({ text, finishReason }: ModelAnswer, check: ValidateFunction): { json: unknown } | { fault: string } {
  if (finishReason === 'length') return { fault: 'it was cut off at max_tokens' };
  let json: unknown;
  try {
    json = JSON.parse(unfenced(text));
  } catch {
    return { fault: 'it is no JSON' };
  }
  if (check(json)) return { json };
  const faults = (check.errors ?? [])
    .slice(0, 10)
    .map(({ instancePath, message }) => `${instancePath || '/'} ${message ?? ''}`);
  return { fault: faults.join('; ') };
}

/** Models like to put JSON into a Markdown fence, whatever they are told. */
function unfenced(text: string): string {
  return /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(text)?.[1] ?? text;
}

function withSchema(system: string | undefined, schema: Schema): string {
  const asks = `Answer with one JSON value alone, without any text around it, that satisfies this JSON Schema:\n${JSON.stringify(schema)}`;
  return system === undefined ? asks : `${system}\n\n${asks}`;
}

function added(a: Usage | null, b: Usage | null): Usage | null {
  if (a === null || b === null) return null;
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
  };
}

function sum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Number((a + b).toFixed(8));
}

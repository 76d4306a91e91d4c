import { AppError } from '../../common/errors/app-error.js';

/** Bytes of JSON that a step's output may have (nodes.md). */
export const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Texts this long are kept for as long as their output is: an execution often has that of its last step. */
const KEPT_LENGTH = 64 * 1024;
const kept = new WeakMap<object, string>();

/** @throws AppError `output_too_large`, `output_invalid` (not retryable). @returns null for no output. */
export function serializeOutput(output: unknown): string | null {
  const known = typeof output === 'object' && output !== null ? kept.get(output) : undefined;
  if (known !== undefined) return known;
  const text = stringify(output);
  if (text === undefined || output === null) return null;
  if (Buffer.byteLength(text) > MAX_OUTPUT_BYTES) {
    throw new AppError({
      code: 'output_too_large',
      status: 422,
      message: `The step's output is larger than ${MAX_OUTPUT_BYTES} bytes of JSON.`,
    });
  }
  if (text.length >= KEPT_LENGTH && typeof output === 'object') kept.set(output, text);
  return text;
}

function stringify(output: unknown): string | undefined {
  try {
    return JSON.stringify(output);
  } catch (cause) {
    throw new AppError({
      code: 'output_invalid',
      status: 422,
      message: `The step's output is not JSON: ${String(cause)}`,
      cause,
    });
  }
}

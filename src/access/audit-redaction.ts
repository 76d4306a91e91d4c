const HIDDEN = '***';
const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 32;

/** Fields whose values never reach the audit log, whatever holds them. */
const SECRET_FIELD =
  /(pass(word|wd|phrase)?|secrets?|token|credential|private_?key|api_?key|authorization|cookie|signature)$/i;
const SECRET_NAMES = new Set(['key', 'value']);

/**
 * A copy without secrets, small enough to keep. In API keys and secrets, `key` and `value` are the secret itself.
 * @param resource `api-keys/…`, `secrets/…`
 */
export function redactForAudit(value: unknown, resource: string): unknown {
  if (value === undefined || value === null) return null;
  const strict = /^(api-keys|secrets|connections)(\/|$)/.test(resource);
  const copy = redact(JSON.parse(JSON.stringify(value)) as unknown, strict, 0);
  return JSON.stringify(copy).length > MAX_BYTES ? { truncated: true } : copy;
}

function redact(value: unknown, strict: boolean, depth: number): unknown {
  if (depth > MAX_DEPTH) return HIDDEN;
  if (Array.isArray(value)) return value.map((item) => redact(item, strict, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]) => {
    const isSecret = SECRET_FIELD.test(key) || (strict && SECRET_NAMES.has(key));
    return [key, isSecret && inner !== null ? HIDDEN : redact(inner, strict, depth + 1)] as const;
  });
  return Object.fromEntries(entries);
}

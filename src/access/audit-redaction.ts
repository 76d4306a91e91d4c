const HIDDEN = '***';
const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 32;

/** Fields whose values never reach the audit log, whatever holds them. */
const SECRET_FIELD =
  /(pass(word|wd|phrase)?|secrets?|token|credential|private_?key|api_?key|authorization|cookie|signature)$/i;
const SECRET_NAMES = new Set(['key', 'value']);

/**
 * A copy without secrets, small enough to keep: what is larger is not gone through to its end. In API keys and secrets,
 * `key` and `value` are the secret itself.
 * @param resource `api-keys/…`, `secrets/…`
 */
export function redactForAudit(value: unknown, resource: string): unknown {
  if (value === undefined || value === null) return null;
  const strict = /^(api-keys|secrets|connections)(\/|$)/.test(resource);
  const room = { left: MAX_BYTES };
  const copy = redact(value, strict, 0, room);
  return room.left < 0 || JSON.stringify(copy).length > MAX_BYTES ? { truncated: true } : copy;
}

interface Room {
  left: number;
}

/** As JSON has it: what JSON cannot hold is left out. */
function redact(value: unknown, strict: boolean, depth: number, room: Room): unknown {
  room.left -= typeof value === 'string' ? value.length : 1;
  if (room.left < 0) return null;
  if (depth > MAX_DEPTH) return HIDDEN;
  if (Array.isArray(value)) return value.map((item) => redact(item ?? null, strict, depth + 1, room));
  if (typeof value !== 'object' || value === null) return plain(value);
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return redact((value.toJSON as () => unknown)(), strict, depth, room);
  const copy: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    if (room.left < 0) break;
    room.left -= key.length;
    const isSecret = SECRET_FIELD.test(key) || (strict && SECRET_NAMES.has(key));
    const shown = isSecret && inner !== null && inner !== undefined ? HIDDEN : redact(inner, strict, depth + 1, room);
    if (shown !== undefined) copy.push([key, shown]);
  }
  return Object.fromEntries(copy);
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
}

import type { Fault } from '../../../common/errors/app-error.js';
import { strayTemplate } from './secret-values.js';
import type { WebhookAuth } from './webhook.dto.js';

type Field = keyof WebhookAuth;

/** Of each kind what it cannot do without: of several names either. */
const NEEDS: Readonly<Record<WebhookAuth['type'], readonly (readonly Field[])[]>> = {
  none: [],
  basic: [['username'], ['password']],
  bearer: [['token']],
  header: [['header'], ['value']],
  api_key: [['key']],
  jwt: [['secret', 'secrets', 'jwks_url']],
  hmac: [['secret', 'secrets'], ['header']],
  github: [['secret', 'secrets']],
  stripe: [['secret', 'secrets']],
  slack: [['secret', 'secrets']],
  standard_webhooks: [['secret', 'secrets']],
};
/** Whoever gives one of these means that deliveries prove something. */
const PROOFS = ['password', 'token', 'value', 'key', 'jwks_url', 'secret', 'secrets'] as const;
const SHARED = ['HS256', 'HS384', 'HS512'];
const BY_KEYS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA'];
/** RFC 9110, 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What keeps an auth config from ever taking a delivery, or from refusing one; paths relative to the trigger's config. */
export function faultsOfAuth(auth: WebhookAuth): Fault[] {
  return [...missing(auth), ...unproven(auth), ...names(auth), ...templates(auth), ...ofToken(auth), ...ofHmac(auth)];
}

function missing(auth: WebhookAuth): Fault[] {
  return NEEDS[auth.type]
    .filter((either) => either.every((field) => isEmpty(auth[field])))
    .map((either) => fault(either[0] ?? 'type', `auth ${auth.type} needs ${either.join(' or ')}`, 'field_required'));
}

/** A kind that was forgotten would leave the webhook open. */
function unproven(auth: WebhookAuth): Fault[] {
  const given = auth.type === 'none' ? PROOFS.find((field) => auth[field] !== undefined) : undefined;
  return given === undefined ? [] : [fault('type', `type none takes all deliveries; which kind is "${given}" for?`)];
}

function names(auth: WebhookAuth): Fault[] {
  return (['header', 'timestamp_header'] as const).flatMap((field) => {
    const name = auth[field];
    return isEmpty(name) || HEADER_NAME.test(name ?? '') ? [] : [fault(field, `"${name}" is no name of a header`)];
  });
}

function templates(auth: WebhookAuth): Fault[] {
  return Object.entries(auth).flatMap(([field, value]: [string, unknown]) => {
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    return texts.flatMap((text, index) => {
      const stray = typeof text === 'string' ? strayTemplate(field, text) : null;
      const path = Array.isArray(value) ? `${field}[${index}]` : field;
      return stray === null ? [] : [fault(path, `${stray} is not filled in here; {{ secrets.name }} is, in secrets`)];
    });
  });
}

function ofToken(auth: WebhookAuth): Fault[] {
  if (auth.type !== 'jwt') return [];
  const { jwks_url: url, algorithms = [] } = auth;
  const known = url === undefined ? SHARED : BY_KEYS;
  const faults = algorithms.flatMap((name, index) => {
    const by = url === undefined ? 'a secret' : 'keys';
    const message = `${name} is no algorithm by ${by}; there are ${known.join(', ')}`;
    return known.includes(name) ? [] : [fault(`algorithms[${index}]`, message)];
  });
  const isUrl = url === undefined || /^https?:$/.test(URL.parse(url)?.protocol ?? '');
  return isUrl ? faults : [...faults, fault('jwks_url', 'a URL begins with https:// or http://', 'url_invalid')];
}

/** What is not signed proves nothing: a body or a time that anybody may write. */
function ofHmac({ type, template, timestamp_header: header }: WebhookAuth): Fault[] {
  if (type !== 'hmac' || template === undefined) return [];
  const faults = template.includes('{body}')
    ? []
    : [fault('template', 'a template needs {body}: else no body is signed')];
  const hasTime = template.includes('{timestamp}');
  if (hasTime && header === undefined) faults.push(fault('timestamp_header', '{timestamp} needs timestamp_header'));
  if (!hasTime && header !== undefined)
    faults.push(fault('template', 'with timestamp_header a template needs {timestamp}: else the time is not signed'));
  return faults;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function fault(field: string, message: string, code = 'value_invalid'): Fault {
  return { path: `auth.${field}`, code, message };
}

import type { IncomingHttpHeaders } from 'node:http';
import type { Fault } from '../../common/errors/app-error.js';
import { OWN_EVENTS } from '../../nodes/event-outlet.contract.js';
import { DEPTH_ATTRIBUTE, type CloudEvent } from './event.row.js';

/** A batch holds so many events, at most. */
const MOST_EVENTS = 1_000;
const LONGEST_ATTRIBUTE = 1_000;
/** CloudEvents: attributes are lower-case letters and digits. */
const ATTRIBUTE = /^[a-z0-9]{1,64}$/;
const DATA = new Set(['data', 'data_base64']);
const TEXTS = ['id', 'source', 'type', 'time', 'subject', 'datacontenttype', 'dataschema'];
const REQUIRED = ['id', 'source', 'type', 'specversion'];
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;

export interface ReadEvents {
  readonly events: readonly CloudEvent[];
  readonly faults: readonly Fault[];
}

/** Whether a request carries its event in `ce-` headers. */
export function isBinary(headers: IncomingHttpHeaders): boolean {
  return headers['ce-specversion'] !== undefined;
}

/** Events of a request, in any of the three modes of CloudEvents 1.0 over HTTP. `now` stands in for a missing time. */
export function readCloudEvents(headers: IncomingHttpHeaders, body: unknown, now: Date): ReadEvents {
  if (isBinary(headers)) return readAll([fromHeaders(headers, body)], () => '', now);
  if (!Array.isArray(body)) return readAll([body], () => '', now);
  if (body.length > MOST_EVENTS) {
    const message = `a batch holds ${MOST_EVENTS} events at most, not ${body.length}`;
    return { events: [], faults: [{ path: '', code: 'batch_too_large', message }] };
  }
  return readAll(body, (index) => `[${index}]`, now);
}

function readAll(given: readonly unknown[], pathOf: (index: number) => string, now: Date): ReadEvents {
  const events: CloudEvent[] = [];
  const faults: Fault[] = [];
  given.forEach((each, index) => {
    const own = faultsOf(each);
    const at = pathOf(index);
    faults.push(...own.map((fault) => ({ ...fault, path: [at, fault.path].filter((part) => part !== '').join('.') })));
    if (own.length === 0) events.push(withTime(each as CloudEvent, now));
  });
  return { events, faults };
}

const withTime = (event: Omit<CloudEvent, 'time'> & { time?: string }, now: Date): CloudEvent =>
  ({ ...event, time: event.time ?? now.toISOString() }) as CloudEvent;

function faultsOf(event: unknown): Fault[] {
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    return [
      { path: '', code: 'value_invalid', message: 'an event is an object with id, source, type and specversion' },
    ];
  const given = event as Readonly<Record<string, unknown>>;
  const missing = REQUIRED.filter((name) => given[name] === undefined || given[name] === '');
  return [
    ...missing.map((path) => ({ path, code: 'field_required', message: `"${path}" is required` })),
    ...Object.entries(given).flatMap(([name, value]) => faultOf(name, value) ?? []),
  ];
}

function faultOf(path: string, value: unknown): Fault | null {
  const wrong = (code: string, message: string, hint?: string): Fault => ({
    path,
    code,
    message,
    ...(hint !== undefined && { hint }),
  });
  if (DATA.has(path)) {
    if (path === 'data' || typeof value === 'string') return null;
    return wrong('value_invalid', '"data_base64" is text');
  }
  if (!ATTRIBUTE.test(path)) return wrong('field_unknown', 'attributes are lower-case letters and digits');
  if (path === DEPTH_ATTRIBUTE) return wrong('attribute_reserved', `"${path}" is set by the server`);
  if (path === 'specversion')
    return value === '1.0' ? null : wrong('value_invalid', 'only CloudEvents 1.0 is read', '1.0');
  if (TEXTS.includes(path) && (typeof value !== 'string' || value.length > LONGEST_ATTRIBUTE))
    return wrong('value_invalid', `"${path}" is text of ${LONGEST_ATTRIBUTE} characters at most`);
  if (path === 'type' && String(value).startsWith(OWN_EVENTS))
    return wrong('type_reserved', `types that begin with ${OWN_EVENTS} are the engine's own`);
  if (path === 'time' && !(RFC_3339.test(String(value)) && Number.isFinite(Date.parse(String(value)))))
    return wrong('value_invalid', '"time" is a time by RFC 3339', '2027-01-31T09:00:00Z');
  if (typeof value === 'object' && value !== null) return wrong('value_invalid', 'attributes are single values');
  return null;
}

/** CloudEvents HTTP binding, binary mode: attributes are percent-encoded headers, the data are the body. */
function fromHeaders(headers: IncomingHttpHeaders, body: unknown): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('ce-')) event[name.slice('ce-'.length)] = decode(String(value));
  const type = headers['content-type'];
  if (type !== undefined) event['datacontenttype'] = type;
  if (!Buffer.isBuffer(body)) return body === undefined || body === null ? event : { ...event, data: body };
  if (type?.startsWith('text/') === true) return { ...event, data: body.toString('utf8') };
  return { ...event, data_base64: body.toString('base64') };
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value.replace(/^"(.*)"$/, '$1'));
  } catch {
    return value;
  }
}

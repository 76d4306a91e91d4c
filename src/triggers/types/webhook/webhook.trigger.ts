import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import {
  BaseTrigger,
  TriggerHost,
  type ArmedTrigger,
  type BroughtFiles,
  type Delivery,
  type PublicRequest,
  type PublicRoute,
} from '../../trigger.contract.js';
import { DeliveryRefusedError, WebhookNotFoundError } from '../../triggers.errors.js';
import { AddressRanges } from '../../../common/http/address-ranges.js';
import { OutgoingHttp } from '../../../common/http/outgoing-http.js';
import { faultsOfAuth } from './auth-faults.js';
import { authenticate, secretMissing } from './authenticate.js';
import { isMultipart, readBody, type Upload } from './body.js';
import { routeSegments, routeShape } from './route-path.js';
import { KeySets } from './key-sets.js';
import { resolveAuth, type ResolvedAuth } from './secret-values.js';
import { headerOf } from './signatures.js';
import { WebhookConfig, type Method, type WebhookAuth } from './webhook.dto.js';

const MOST_BODY = 16 * 1024 * 1024;
/** A secret that was changed holds on every replica after this. */
const SECRETS_FRESH_MS = 5_000;
const LONGEST_KEY = 200;
/** Headers that prove the sender are not kept. */
const HIDDEN_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-api-key']);

type Armed = ArmedTrigger<WebhookConfig>;

interface Attached {
  readonly trigger: Armed;
  readonly methods: readonly string[];
  readonly allowed: AddressRanges | null;
  readonly hidden: ReadonlySet<string>;
  readonly waitMs: number;
  resolved: ResolvedAuth;
  resolvedAt: number;
  isResolving: boolean;
}

@Injectable()
export class WebhookTrigger extends BaseTrigger<WebhookConfig> {
  override readonly type = 'webhook';
  override readonly title = 'Webhook';
  override readonly description = 'Fires on an HTTP request to a path of its own, checked by a secret or a signature.';
  override readonly config = WebhookConfig;
  override readonly isResident = true;
  override readonly isReceiver = true;
  private readonly attached = new Map<string, Attached>();
  private readonly keys: KeySets;

  constructor(
    private readonly host: TriggerHost,
    private readonly clock: Clock,
    http: OutgoingHttp,
  ) {
    super();
    this.keys = new KeySets(http);
  }

  override validate(config: WebhookConfig): readonly Fault[] {
    const faults = [...faultsOfAuth(config.auth)];
    const add = (path: string, code: string, message: string, hint?: string): number =>
      faults.push({ path, code, message, hint });
    if (config.path !== undefined && routeSegments(config.path) === null) {
      add('path', 'path_invalid', 'a path has segments of plain text or :name, each name once', '/orders/:id');
    }
    if (config.method !== undefined && config.methods !== undefined)
      add('method', 'method_twice', 'give method or methods');
    if (config.max_body > MOST_BODY) add('max_body', 'max_body_too_large', `max_body is ${MOST_BODY} bytes at most`);
    config.allowed_ips.forEach((text, index) => {
      if (!isRange(text))
        add(`allowed_ips[${index}]`, 'ip_invalid', `${text} is no address and no CIDR range`, '192.0.2.0/24');
    });
    return faults;
  }

  override routes(config: WebhookConfig): readonly PublicRoute[] {
    const segments = config.path === undefined ? null : routeSegments(config.path);
    if (segments === null) return [];
    const path = segments.join('/');
    return methodsOf(config).map((method) => ({ method, path, shape: routeShape(segments) }));
  }

  override methods(config: WebhookConfig): readonly string[] {
    return methodsOf(config);
  }

  override defaultInput(payload: unknown): unknown {
    return (payload as { body?: unknown } | null)?.body ?? {};
  }

  override maxBody(config: WebhookConfig): number {
    return config.max_body;
  }

  override async attach(trigger: Armed): Promise<void> {
    const { config } = trigger;
    const hidden = new Set(HIDDEN_HEADERS);
    if (config.auth.type === 'header' && config.auth.header) hidden.add(config.auth.header.toLowerCase());
    const resolved = await this.resolve(trigger);
    this.attached.set(trigger.id, {
      trigger,
      methods: methodsOf(config),
      allowed: config.allowed_ips.length === 0 ? null : new AddressRanges(config.allowed_ips),
      hidden,
      waitMs: parseDuration(config.timeout) ?? 30_000,
      resolved,
      resolvedAt: this.clock.now(),
      isResolving: false,
    });
  }

  /** It refuses everything; attaching looks for the secret again. */
  override down({ id }: Armed): string | null {
    const missing = this.attached.get(id)?.resolved.missing ?? null;
    return missing === null ? null : `the secret ${missing} is missing`;
  }

  override detach(triggerId: string): Promise<void> {
    this.attached.delete(triggerId);
    return Promise.resolve();
  }

  /** Nothing here asks the database: an accepted delivery costs its own commit only. */
  override async receive(trigger: Armed, request: PublicRequest): Promise<Delivery> {
    const here = this.attached.get(trigger.id);
    // Taken out of force while its body was on the way.
    if (here === undefined) throw new WebhookNotFoundError();
    this.refuseMethodAndAddress(here, request);
    await this.checkSender(here, request);
    const { value: body, uploads } = await readBody(request.body, request.headers['content-type']);
    const files = uploads.length === 0 ? undefined : this.bring(uploads);
    const key = deliveryKey(request, trigger.config.auth.type);
    const seen = {
      occurredAt: new Date(this.clock.now()),
      scheduledFor: null,
      payload: payloadOf(request, body, here.hidden),
      key,
      keyTtlMs: null,
      defaultInput: body ?? {},
      files,
      awaited: trigger.config.response !== 'ack',
    };
    return { seen, answer: trigger.config.response, waitMs: here.waitMs };
  }

  /** The bytes of an upload are stored once, as a file; the body says which. */
  private bring(uploads: readonly Upload[]): BroughtFiles {
    const brought = this.host.bring(uploads.map(({ shown: { name, type }, content }) => ({ name, type, content })));
    uploads.forEach(({ shown }, index) => (shown.file = brought.shown[index] ?? null));
    return brought;
  }

  private refuseMethodAndAddress(here: Attached, request: PublicRequest): void {
    if (!here.methods.includes(request.method)) {
      const Allow = here.methods.join(', ');
      throw new DeliveryRefusedError({
        status: 405,
        code: 'method_not_allowed',
        message: `Use ${Allow}.`,
        headers: { Allow },
      });
    }
    if (here.allowed === null || here.allowed.has(request.remoteIp)) return;
    throw new DeliveryRefusedError({
      status: 403,
      code: 'address_refused',
      message: 'This address may not deliver here.',
    });
  }

  /** A refusal by values that are not fresh is looked at again: the secret may just have been changed. */
  private async checkSender(here: Attached, request: PublicRequest): Promise<void> {
    const now = this.clock.now();
    const isStale = now - here.resolvedAt > SECRETS_FRESH_MS;
    try {
      if (here.resolved.missing !== null) throw secretMissing();
      await authenticate(here.resolved.auth, request, now, this.keys);
    } catch (error) {
      if (!isStale) throw error;
      await this.resolveAgain(here);
      const fresh = here.resolved;
      if (fresh.missing !== null) throw secretMissing();
      await authenticate(fresh.auth, request, now, this.keys);
      return;
    }
    if (isStale && !here.isResolving) void this.resolveAgain(here).catch(() => undefined);
  }

  private async resolveAgain(here: Attached): Promise<void> {
    here.isResolving = true;
    try {
      here.resolved = await this.resolve(here.trigger);
      here.resolvedAt = this.clock.now();
    } finally {
      here.isResolving = false;
    }
  }

  private resolve(trigger: Armed): Promise<ResolvedAuth> {
    return resolveAuth(trigger.config.auth, (name) => this.host.secret(name));
  }
}

function methodsOf(config: WebhookConfig): readonly Method[] {
  return [...new Set(config.methods ?? [config.method ?? 'POST'])];
}

function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** What a sender that tries again sends again. */
function deliveryKey({ headers }: PublicRequest, auth: WebhookAuth['type']): string | null {
  const own = headerOf(headers, 'idempotency-key') ?? headerOf(headers, 'webhook-id');
  const key = own ?? (auth === 'github' ? headerOf(headers, 'x-github-delivery') : undefined);
  if (key === undefined || key === '') return null;
  return key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('hex');
}

function payloadOf(request: PublicRequest, body: unknown, hidden: ReadonlySet<string>): Record<string, unknown> {
  const headers: Record<string, unknown> = {};
  for (const name in request.headers) headers[name] = hidden.has(name) ? '***' : request.headers[name];
  return {
    method: request.method,
    path: request.path,
    params: request.params,
    query: request.query,
    headers,
    body,
    // Of a multipart body its parts are kept, and its files as files.
    raw_body: isMultipart(request.headers['content-type']) ? null : request.body.toString('utf8'),
    content_type: request.headers['content-type'] ?? null,
    remote_ip: request.remoteIp,
  };
}

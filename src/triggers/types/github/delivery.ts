import { Webhooks } from '@octokit/webhooks';
import { isTooDeep } from '../../../common/validation/body-bounds.js';
import type { PublicRequest } from '../../trigger.contract.js';
import { DeliveryRefusedError } from '../../triggers.errors.js';
import { record } from './facts.js';

export interface GitHubEvent {
  readonly event: string;
  readonly deliveryId: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Checks who sent it, on the bytes as they came, and reads it then. @throws DeliveryRefusedError 400, 401 */
export async function readDelivery(request: PublicRequest, secret: string | null): Promise<GitHubEvent> {
  if (secret === null || secret === '')
    throw refused(401, 'secret_missing', 'GITHUB_WEBHOOK_SECRET is not set: nothing is taken.');
  const text = request.body.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(request.body);
  if (!isText || !(await isSigned(secret, text, headerOf(request, 'x-hub-signature-256'))))
    throw refused(401, 'signature_invalid', 'The signature is missing or wrong.', 'signature');
  const event = headerOf(request, 'x-github-event');
  const deliveryId = headerOf(request, 'x-github-delivery');
  if (!/^[a-z_]{1,100}$/.test(event) || !/^[\w-]{1,200}$/.test(deliveryId))
    throw refused(400, 'headers_missing', 'X-GitHub-Event and X-GitHub-Delivery are needed.');
  return { event, deliveryId, payload: read(text, headerOf(request, 'content-type')) };
}

async function isSigned(secret: string, text: string, signature: string): Promise<boolean> {
  if (!signature.startsWith('sha256=') || text === '') return false;
  return new Webhooks({ secret }).verify(text, signature).catch(() => false);
}

/** An App is set to send JSON, or JSON as the field `payload` of a form. */
function read(text: string, contentType: string): Readonly<Record<string, unknown>> {
  const isForm = contentType.startsWith('application/x-www-form-urlencoded');
  try {
    const value: unknown = JSON.parse(isForm ? (new URLSearchParams(text).get('payload') ?? '') : text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isObject && !isTooDeep(value)) return record(value);
  } catch {
    // The same as anything else that is no object.
  }
  throw refused(400, 'body_invalid', 'The body is no JSON object.');
}

function headerOf({ headers }: PublicRequest, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

function refused(status: 400 | 401, code: string, message: string, reason = code): DeliveryRefusedError {
  return new DeliveryRefusedError({ status, code, message, reason });
}

import type { Responded } from '../../engine/execution-ends.js';
import type { StartAnswer } from '../start-answer.js';
import type { PublicAnswer } from '../trigger.contract.js';
import { WebhookRunError } from '../triggers.errors.js';

type Response = Extract<Responded, { kind: 'response' }>['response'];

/** Answers without a body (RFC 9110, 15). */
const BODILESS = new Set([204, 205, 304]);
/** What a webhook serves has the API's own origin: a page of it may run scripts, but not in the API's name. */
const SANDBOX = 'sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts';

/**
 * What the sender of a webhook with `response: respond` gets.
 * @param started what it gets when no step has said anything: nothing of the execution leaves the server then.
 * @throws WebhookRunError when it has failed without a response.
 */
export function respondedAnswer(responded: Responded, started: StartAnswer): PublicAnswer {
  if (responded.kind === 'response') return answerOf(responded.response);
  if (responded.finished.status !== 'completed') throw new WebhookRunError(responded.finished);
  return { status: 202, body: { ...started, status: responded.finished.status } };
}

function answerOf({ status_code: status, headers: given, body }: Response): PublicAnswer {
  const safe = { 'content-security-policy': SANDBOX, 'x-content-type-options': 'nosniff', ...given };
  if (body === null || BODILESS.has(status)) return { status, headers: safe, body: '', isText: true };
  const isText = typeof body === 'string';
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  const headers = { 'content-type': type, ...safe };
  return { status, headers, body: isText ? body : JSON.stringify(body), isText: true };
}

import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signatureScheme, verifySignature } from './signatures.js';
import { WebhookAuth } from './webhook.dto.js';

const NOW = Date.parse('2026-03-07T12:00:00Z');
const SECONDS = String(NOW / 1000);
const BODY = Buffer.from('{"a": 1}');

function verify(auth: Partial<WebhookAuth>, headers: Record<string, string>, body = BODY, now = NOW): string {
  const whole = Object.assign(new WebhookAuth(), auth);
  const scheme = signatureScheme(whole);
  if (scheme === null) throw new Error('no scheme');
  return verifySignature(scheme, whole.secrets ?? ['k'], headers, body, now);
}

const hmac = (text: string, secret = 'k'): string => createHmac('sha256', secret).update(text).digest('hex');

describe('signatures', () => {
  it('github: sha256= over the body', () => {
    expect(verify({ type: 'github' }, { 'x-hub-signature-256': `sha256=${hmac('{"a": 1}')}` })).toBe('valid');
    expect(verify({ type: 'github' }, { 'x-hub-signature-256': hmac('{"a": 1}') })).toBe('missing');
  });

  it('stripe: any v1 over time and body', () => {
    const good = `t=${SECONDS},v1=${'0'.repeat(64)},v1=${hmac(`${SECONDS}.{"a": 1}`)}`;
    expect(verify({ type: 'stripe' }, { 'stripe-signature': good })).toBe('valid');
  });

  it('slack: v0= over version, time and body', () => {
    const headers = {
      'x-slack-request-timestamp': SECONDS,
      'x-slack-signature': `v0=${hmac(`v0:${SECONDS}:{"a": 1}`)}`,
    };
    expect(verify({ type: 'slack' }, headers)).toBe('valid');
  });

  it("standard_webhooks: what the standard's own client signs", () => {
    const secret = `whsec_${Buffer.from('a secret of thirty-two characters').toString('base64')}`;
    const signature = new Webhook(secret).sign('msg_1', new Date(NOW), BODY.toString());
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': SECONDS, 'webhook-signature': `v1a,xx ${signature}` };
    expect(verify({ type: 'standard_webhooks', secrets: [secret] }, headers)).toBe('valid');
    expect(verify({ type: 'standard_webhooks', secrets: [secret] }, { ...headers, 'webhook-id': 'msg_2' })).toBe(
      'wrong',
    );
  });

  it('hmac: header, prefix, encoding, template and algorithm as configured', () => {
    const auth = {
      type: 'hmac',
      header: 'X-Sig',
      prefix: 'v=',
      encoding: 'base64',
      algorithm: 'sha512',
      timestamp_header: 'X-Time',
    } as const;
    const signature = createHmac('sha512', 'k').update(`${SECONDS}.{"a": 1}`).digest('base64');
    expect(verify(auth, { 'x-sig': `v=${signature}`, 'x-time': SECONDS })).toBe('valid');
    expect(verify(auth, { 'x-sig': `v=${signature}` })).toBe('missing');
  });

  it('any of several active secrets holds, for rotation', () => {
    const headers = { 'x-hub-signature-256': `sha256=${hmac('{"a": 1}', 'old')}` };
    expect(verify({ type: 'github', secrets: ['new', 'old'] }, headers)).toBe('valid');
    expect(verify({ type: 'github', secrets: ['new'] }, headers)).toBe('wrong');
  });

  it('a replay is refused when its time lies outside the tolerance, either way', () => {
    const headers = {
      'x-slack-request-timestamp': SECONDS,
      'x-slack-signature': `v0=${hmac(`v0:${SECONDS}:{"a": 1}`)}`,
    };
    expect(verify({ type: 'slack' }, headers, BODY, NOW + 300_000)).toBe('valid');
    expect(verify({ type: 'slack' }, headers, BODY, NOW + 301_000)).toBe('stale');
    expect(verify({ type: 'slack' }, headers, BODY, NOW - 301_000)).toBe('stale');
    expect(verify({ type: 'slack' }, { ...headers, 'x-slack-request-timestamp': 'NaN' })).toBe('stale');
  });

  it('a body changed in any byte is refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 50 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bytes, at, change) => {
          const body = Buffer.from(bytes);
          const headers = { 'x-hub-signature-256': `sha256=${createHmac('sha256', 'k').update(body).digest('hex')}` };
          expect(verify({ type: 'github' }, headers, body)).toBe('valid');
          const altered = Buffer.from(body);
          altered[at % altered.length] = (altered[at % altered.length] ?? 0) ^ change;
          expect(verify({ type: 'github' }, headers, altered)).toBe('wrong');
        },
      ),
    );
  });
});

import type { PublicRequest, Seen } from '../trigger.contract.js';
import type { DeliveryRefusedError } from '../triggers.errors.js';

/** A flood of wrong deliveries must not fill the ledger. */
export const REJECTIONS_KEPT = { count: 60, perMs: 60_000 };

/** Who was refused and why, without what was sent. */
export function rejected(
  request: PublicRequest,
  error: DeliveryRefusedError,
  at: Date,
  size = request.body.length,
): Seen {
  const { method, path, remoteIp, headers } = request;
  const payload = {
    method,
    path: path.slice(0, 500),
    remote_ip: remoteIp,
    content_type: headers['content-type']?.slice(0, 200) ?? null,
    size,
  };
  const refused = { outcome: 'rejected' as const, code: error.reason, detail: error.message };
  return { occurredAt: at, scheduledFor: null, payload, key: null, keyTtlMs: null, refused };
}

import { createHash, createHmac } from 'node:crypto';
import { ValidateBy } from 'class-validator';

const PREFIX = 'whsec_';
const MOST_SECRETS = 10;

/** The headers of a delivery: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function signedHeaders(
  key: string,
  timestampS: number,
  body: string,
  secret: unknown,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const id = messageId(key);
  const signatures = secretsOf(secret).map((one) => {
    const hash = createHmac('sha256', bytesOf(one)).update(`${id}.${timestampS}.${body}`).digest('base64');
    return `v1,${hash}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': String(timestampS), 'webhook-signature': signatures.join(' ') };
}

/** The same for every attempt: receivers tell a repetition by it. */
export function messageId(key: string): string {
  return `msg_${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

function secretsOf(secret: unknown): string[] {
  return (Array.isArray(secret) ? secret : [secret]) as string[];
}

function bytesOf(secret: string): Buffer {
  return secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
}

export function IsSigningSecret(): PropertyDecorator {
  return ValidateBy({
    name: 'isSigningSecret',
    validator: {
      validate: (value) => {
        const secrets: unknown[] = Array.isArray(value) ? value : [value];
        const isEach = secrets.every((one) => typeof one === 'string' && bytesOf(one).length > 0);
        return isEach && secrets.length > 0 && secrets.length <= MOST_SECRETS;
      },
      defaultMessage: (rule) => `${rule?.property ?? ''} must be a secret, or a list of up to ${MOST_SECRETS}`,
    },
  });
}

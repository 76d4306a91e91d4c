import { idBytes, idOf, type SignedTokens } from './signed-tokens.js';

const PURPOSE = 'callback';

/** A step execution that waits for a call, in one of its attempts. */
export interface CallbackTarget {
  readonly executionId: string;
  readonly stepExecutionId: string;
  readonly attempt: number;
}

export function callbackToken(tokens: SignedTokens, target: CallbackTarget): { token: string; url: string } {
  const attempt = Buffer.alloc(4);
  attempt.writeUInt32BE(target.attempt);
  const content = Buffer.concat([idBytes(target.executionId), idBytes(target.stepExecutionId), attempt]);
  const token = tokens.sign(PURPOSE, content);
  return { token, url: tokens.url(`/api/v1/public/callbacks/${token}`) };
}

/** null: not a token of this server. */
export function callbackTarget(tokens: SignedTokens, token: string): CallbackTarget | null {
  const bytes = tokens.open(PURPOSE, token);
  if (bytes === null) return null;
  return {
    executionId: idOf(bytes.subarray(0, 16)),
    stepExecutionId: idOf(bytes.subarray(16, 32)),
    attempt: bytes.readUInt32BE(32),
  };
}

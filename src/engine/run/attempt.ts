import type { AbortReason, NodeContext, NodeOutcome, NodeType, StepLog } from '../../nodes/node.contract.js';
import { TIMEOUT, toFailure } from './failure.js';

/** How long an aborted attempt may take to give up before it is left alone. */
const ABORT_GRACE_MS = 5_000;

/** How an attempt ended: its outcome, or that it was aborted. */
export type AttemptResult = NodeOutcome | { readonly kind: 'aborted'; readonly reason: AbortReason };

/** One try of a step, under way. */
export interface Attempt {
  readonly result: Promise<AttemptResult>;
  abort(reason: AbortReason): void;
}

export type AttemptContext = Omit<NodeContext, 'signal' | 'log'>;

/** Starts an attempt. A timeout aborts the work for real, and so do cancel and shutdown. */
export function startAttempt(node: NodeType, context: AttemptContext, log: StepLog, timeoutMs: number | null): Attempt {
  const controller = new AbortController();
  const timer = timeoutMs === null ? undefined : setLongTimeout(() => controller.abort('timeout'), timeoutMs);
  const result = settle(node, { ...context, log, signal: controller.signal }).finally(() => timer?.clear());
  return { result, abort: (reason) => controller.abort(reason) };
}

async function settle(node: NodeType, context: NodeContext): Promise<AttemptResult> {
  const { signal } = context;
  const abandoned = afterAbort(signal);
  try {
    const outcome = await Promise.race([execute(node, context), abandoned.reached]);
    // What was finished in spite of the abort counts: its effect is there.
    if (outcome.kind === 'done' || !signal.aborted) return outcome;
    return aborted(signal);
  } catch (error) {
    return signal.aborted ? aborted(signal) : { kind: 'fail', error: toFailure(error) };
  } finally {
    abandoned.clear();
  }
}

async function execute(node: NodeType, context: NodeContext): Promise<NodeOutcome> {
  return await node.execute(context);
}

function aborted(signal: AbortSignal): AttemptResult {
  const reason = signal.reason as AbortReason;
  return reason === 'timeout' ? { kind: 'fail', error: TIMEOUT } : { kind: 'aborted', reason };
}

function afterAbort(signal: AbortSignal): { reached: Promise<NodeOutcome>; clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let begin = (): void => undefined;
  const reached = new Promise<NodeOutcome>((resolve) => {
    begin = () => {
      timer = setTimeout(() => resolve({ kind: 'fail', error: TIMEOUT }), ABORT_GRACE_MS);
    };
    signal.addEventListener('abort', begin, { once: true });
  });
  const clear = (): void => {
    clearTimeout(timer);
    // An attempt that has ended may still be aborted, before its owner has heard of its end.
    signal.removeEventListener('abort', begin);
  };
  return { reached, clear };
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** `setTimeout` beyond the 24.8 days that it can count. */
export function setLongTimeout(action: () => void, milliseconds: number): { clear: () => void } {
  let timer: NodeJS.Timeout;
  const arm = (left: number): void => {
    const next = Math.min(left, LONGEST_TIMEOUT_MS);
    timer = setTimeout(() => (left > next ? arm(left - next) : action()), Math.max(0, next));
  };
  arm(milliseconds);
  return { clear: () => clearTimeout(timer) };
}

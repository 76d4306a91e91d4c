import { constants } from 'node:os';
import { done, type NodeOutcome } from '../../../node.contract.js';
import type { ProcessEnd } from './confined-process.js';
import type { ProcessScript } from './run-files.js';

/** How V8 ends a process that it cannot save, which happens for want of memory. */
const FATAL_SIGNALS: readonly (string | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV', 'SIGBUS'];
/** A shell reports the end of its child by a signal so. */
const SIGNAL_BASE = 128;
const SIGXCPU = 24;

export function processOutcome(end: ProcessEnd, script: ProcessScript): NodeOutcome {
  const { stdout, stderr, exitCode } = end;
  const written = { stdout, stderr, exit_code: exitCode };
  if (exitCode === 0 && end.limit === null) return done({ result: lastLine(stdout), ...written });
  const [code, message, retryable] = failureOf(end, script);
  return { kind: 'fail', error: { code, message, retryable, details: written } };
}

function failureOf(end: ProcessEnd, script: ProcessScript): [code: string, message: string, retryable: boolean] {
  const isCpuTime = end.signal === 'SIGXCPU' || end.exitCode === SIGNAL_BASE + SIGXCPU;
  if (end.limit === 'time' || isCpuTime) return ['timeout', `The script ran longer than ${script.timeoutMs} ms`, true];
  if (end.limit === 'output') {
    return ['script_output_too_large', `The output is larger than ${script.maxOutputBytes} bytes`, false];
  }
  if (FATAL_SIGNALS.includes(signalOf(end, script)) || /\bMemoryError\b|heap out of memory/.test(end.stderr)) {
    return ['script_out_of_memory', `The script used more than ${script.maxMemoryMb} MiB`, false];
  }
  const how = end.signal === null ? `exit code ${end.exitCode}` : end.signal;
  const last = end.stderr.trim().split('\n').at(-1) ?? '';
  return ['script_failed', `The script ended with ${how}${last === '' ? '' : `: ${last.slice(0, 500)}`}`, true];
}

/** An enclosed process ends as a shell says that its child did. A script for a shell may say so of its own children. */
function signalOf({ signal, exitCode }: ProcessEnd, { runtime }: ProcessScript): string | null {
  if (signal !== null || exitCode === null || runtime === 'bash') return signal;
  const names = Object.entries(constants.signals).find(([, number]) => SIGNAL_BASE + number === exitCode);
  return names?.[0] ?? null;
}

/** The JSON on the last line of the output; null when it is none. */
function lastLine(stdout: string): unknown {
  const text = stdout.trimEnd();
  try {
    return JSON.parse(text.slice(text.lastIndexOf('\n') + 1)) as unknown;
  } catch {
    return null;
  }
}

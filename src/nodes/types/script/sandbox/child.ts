/**
 * The entry of a sandbox process. It holds one warm V8 isolate and runs one script at a time in it, each in a context
 * of its own. This file stands alone, without imports of ours, so that Node runs it as it is built and as source.
 */
import ivm from 'isolated-vm';
import type { SandboxJob, SandboxMessage, SandboxResult } from './messages.js';

const NOBODY = 65_534;
const DEFAULT_MEMORY_MB = 64;

/**
 * Runs first in each context, before anything of the script: takes away what reaches beyond the heap limit, puts
 * `console` in, and gives the function that runs the script. What it needs later it keeps from the script's reach.
 */
const PRELUDE = `(function (emit, maxBytes) {
  const { stringify, parse } = JSON;
  const text = String;
  let left = maxBytes;
  let overflowed = false;
  delete globalThis.WebAssembly;
  delete globalThis.SharedArrayBuffer;
  delete globalThis.Atomics;

  const show = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return text(value.stack);
    try { return stringify(value) ?? text(value); } catch { return text(value); }
  };
  const writer = (stream) => (...values) => {
    if (overflowed) return;
    let line = '';
    for (let i = 0; i < values.length; i++) line += (i === 0 ? '' : ' ') + show(values[i]);
    left -= line.length + 16;
    if (left < 0) overflowed = true; else emit(stream, line);
  };
  const out = writer('stdout'), err = writer('stderr');
  const console = { log: out, info: out, debug: out, warn: err, error: err, trace: err };
  Object.defineProperty(globalThis, 'console', { value: Object.freeze(console), writable: true, configurable: true });

  const failure = (error) => {
    const isError = error instanceof Error;
    const message = isError ? text(error.name) + ': ' + text(error.message) : 'Thrown: ' + show(error);
    return { ok: false, code: 'script_failed', message, stack: isError ? text(error.stack) : '' };
  };
  return async function run(main, input, args, env) {
    let answer;
    try {
      const result = stringify(await main(parse(input), parse(args), parse(env)));
      answer = { ok: true, result: result ?? 'null' };
    } catch (error) {
      answer = failure(error);
    }
    if (overflowed || (answer.ok && answer.result.length > maxBytes)) {
      answer = { ok: false, code: 'script_output_too_large', message: 'The output is larger than ' + maxBytes + ' bytes' };
    }
    return stringify(answer);
  };
})`;

interface WarmIsolate {
  readonly isolate: ivm.Isolate;
  readonly prelude: ivm.Script;
  readonly memoryMb: number;
}

let warm: WarmIsolate | null = null;

function isolateFor(memoryMb: number): WarmIsolate {
  if (warm !== null && (warm.isolate.isDisposed || warm.memoryMb !== memoryMb)) dropIsolate();
  if (warm === null) {
    // After such an error nothing in this process can be relied on; the server starts another.
    const isolate = new ivm.Isolate({ memoryLimit: memoryMb, onCatastrophicError: () => process.abort() });
    warm = { isolate, prelude: isolate.compileScriptSync(PRELUDE, { filename: 'prelude.js' }), memoryMb };
  }
  return warm;
}

function dropIsolate(): void {
  if (warm !== null && !warm.isolate.isDisposed) warm.isolate.dispose();
  warm = null;
}

async function runJob(job: SandboxJob): Promise<SandboxResult> {
  const { isolate, prelude } = isolateFor(job.maxMemoryMb);
  const time = { isUp: false };
  const timer = setTimeout(() => {
    time.isUp = true;
    isolate.dispose();
  }, job.timeoutMs);
  try {
    const context = await isolate.createContext();
    const result = readAnswer(await evaluate(job, isolate, prelude, context), job);
    context.release();
    return result;
  } catch (error) {
    const result = brokenOff(error, time.isUp || isTimeout(error), job);
    // What ended by force may have left work behind: nobody else runs in that isolate.
    dropIsolate();
    return result;
  } finally {
    clearTimeout(timer);
  }
}

async function evaluate(
  job: SandboxJob,
  isolate: ivm.Isolate,
  prelude: ivm.Script,
  context: ivm.Context,
): Promise<unknown> {
  const emit = new ivm.Callback((stream: 'stdout' | 'stderr', text: string) => send({ kind: 'line', stream, text }), {
    ignored: true,
  });
  const prepare = await prelude.run(context, { reference: true });
  const run = (await prepare.apply(undefined, [emit, job.maxOutputBytes], {
    result: { reference: true },
  })) as ivm.Reference;
  const source = `(async (input, args, env) => {\n${job.code}\n})`;
  const script = await isolate.compileScript(source, { filename: job.fileName, lineOffset: -1 });
  const main = await script.run(context, { reference: true, timeout: job.timeoutMs });
  const values = [main.derefInto(), job.input, job.args, job.env];
  return run.apply(undefined, values, { timeout: job.timeoutMs, result: { promise: true, copy: true } });
}

/** The answer was put together inside, where a script may have changed anything: it is data, and may be wrong. */
function readAnswer(answer: unknown, job: SandboxJob): SandboxResult {
  const failed = { ok: false, code: 'script_failed', message: 'The script gave no usable answer', line: null } as const;
  if (typeof answer !== 'string') return failed;
  const parsed = JSON.parse(answer) as Record<string, unknown> | null;
  if (parsed?.['ok'] === true && typeof parsed['result'] === 'string') return { ok: true, result: parsed['result'] };
  if (typeof parsed?.['message'] !== 'string') return failed;
  // A buffer that does not fit under the limit is an error that the script may catch; the heap's end is not.
  if (parsed['message'] === 'RangeError: Array buffer allocation failed') return outOfMemory(job);
  const code = parsed['code'] === 'script_output_too_large' ? 'script_output_too_large' : 'script_failed';
  return {
    ok: false,
    code,
    message: parsed['message'].slice(0, 4_096),
    line: lineIn(String(parsed['stack']), job.fileName),
  };
}

function brokenOff(error: unknown, isTimeUp: boolean, job: SandboxJob): SandboxResult {
  const message = error instanceof Error ? error.message : String(error);
  const line = lineIn(message, job.fileName);
  if (isTimeUp)
    return { ok: false, code: 'timeout', message: `The script ran longer than ${job.timeoutMs} ms`, line: null };
  if (/memory limit|out of memory|allocation failed/i.test(message)) {
    return outOfMemory(job);
  }
  const name = error instanceof Error ? error.name : 'Error';
  return {
    ok: false,
    code: name === 'SyntaxError' ? 'script_invalid' : 'script_failed',
    message: `${name}: ${message}`,
    line,
  };
}

function outOfMemory({ maxMemoryMb }: SandboxJob): SandboxResult {
  const message = `The script used more than ${maxMemoryMb} MiB`;
  return { ok: false, code: 'script_out_of_memory', message, line: null };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Script execution timed out.';
}

function lineIn(text: string, fileName: string): number | null {
  const at = text.indexOf(`${fileName}:`);
  const line = at < 0 ? NaN : parseInt(text.slice(at + fileName.length + 1), 10);
  return Number.isNaN(line) ? null : line;
}

function send(message: SandboxMessage): void {
  if (process.connected) process.send?.(message);
}

/** Everything is loaded by now: from here on the process needs no rights at all. */
function dropPrivileges(): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}

// The server is gone. An orderly exit would wait for a script that may never end.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (job: SandboxJob) => {
  void runJob(job).then((result) => send({ kind: 'end', result }));
});
isolateFor(DEFAULT_MEMORY_MB);
dropPrivileges();
send({ kind: 'ready' });

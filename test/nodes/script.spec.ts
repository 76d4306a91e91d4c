import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeOutcome } from '../../src/nodes/node.contract.js';
import { nodeContext } from '../support/node-context.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';

let types: NodeTypesUnderTest;
const scriptsDir = mkdtempSync(join(tmpdir(), 'scripts-'));

beforeAll(async () => {
  writeFileSync(join(scriptsDir, 'double.js'), 'return input * 2;');
  symlinkSync('/etc/passwd', join(scriptsDir, 'link.js'));
  types = await startNodeTypes({ scriptsDir });
});
afterAll(async () => {
  await types.close();
  rmSync(scriptsDir, { recursive: true });
});

const run = async (config: Record<string, unknown>, input: unknown = null): Promise<NodeOutcome> => {
  const node = types.registry.get('script');
  return node.execute(nodeContext(types.registry.resolve('script', config), { input }));
};
const result = async (code: string, input: unknown = null): Promise<unknown> => {
  const outcome = await run({ code }, input);
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return (outcome.output as { result: unknown }).result;
};

const NOBODY = 65_534;

/** The sandboxes of this process, by the kernel's account (Linux). */
function sandboxProcesses(): { environment: string[]; uid: number | undefined }[] {
  const read = (pid: string, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return '';
    }
  };
  const isMine = (pid: string): boolean =>
    read(pid, 'cmdline').includes('sandbox/child') && read(pid, 'status').includes(`PPid:\t${process.pid}\n`);
  return readdirSync('/proc')
    .filter(isMine)
    .map((pid) => ({
      environment: read(pid, 'environ')
        .split('\0')
        .filter((entry) => entry !== ''),
      uid: Number(/^Uid:\t\d+\t(\d+)/m.exec(read(pid, 'status'))?.[1]),
    }));
}

describe('a script', () => {
  it('sees input, args and env, and returns its result', async () => {
    const config = { code: 'return [input.a, args.b, env.C];', args: { b: 2 }, env: { C: 'c' } };
    const outcome = await run(config, { a: 1 });
    expect(outcome).toEqual({ kind: 'done', output: { result: [1, 2, 'c'], stdout: '', stderr: '', exit_code: 0 } });
  });

  it('may await', async () => {
    expect(await result('const f = async () => { await null; return 5; }; return await f();')).toBe(5);
  });

  it('writes to its output and to the log', async () => {
    const ctx = nodeContext(
      types.registry.resolve('script', { code: 'console.log("a", {b: 1}); console.error("bad"); return 1;' }),
    );
    const outcome = await types.registry.get('script').execute(ctx);
    expect(outcome).toMatchObject({ output: { stdout: 'a {"b":1}\n', stderr: 'bad\n' } });
    expect(ctx.lines).toEqual([
      { level: 'info', message: 'a {"b":1}', data: undefined },
      { level: 'warn', message: 'bad', data: undefined },
    ]);
  });

  it('that throws fails with message and line', async () => {
    const outcome = await run({ code: 'const a = 1;\nthrow new TypeError("broken");' });
    expect(outcome).toMatchObject({
      kind: 'fail',
      error: { code: 'script_failed', message: 'TypeError: broken (line 2)', details: { line: 2, exit_code: 1 } },
    });
  });

  it('that is no JavaScript is refused before it runs, with the line', () => {
    const faults = types.registry.describe('script').check({ code: 'let a = 1;\nlet b = ;' });
    expect(faults).toMatchObject([{ path: 'code' }]);
    expect(faults[0]?.message).toContain('line 2');
  });

  it('without a result gives null', async () => {
    expect(await result('const a = 1;')).toBeNull();
  });

  it.each([['return 10n;'], ['const a = {}; a.a = a; return a;']])(
    'with a result that is no JSON fails: %s',
    async (code) => {
      expect(await run({ code })).toMatchObject({ kind: 'fail', error: { code: 'script_failed' } });
    },
  );

  it('leaves nothing behind for the next one', async () => {
    await result('globalThis.left = 1; Object.prototype.polluted = 1; Array.prototype.map = null; JSON.parse = null;');
    const code = 'return [typeof left, typeof {}.polluted, typeof [].map, typeof JSON.parse];';
    for (let times = 0; times < 4; times++) {
      expect(await result(code)).toEqual(['undefined', 'undefined', 'function', 'function']);
    }
  });

  it('comes from a file under SCRIPTS_DIR', async () => {
    expect(await run({ script: 'double.js' }, 21)).toMatchObject({ output: { result: 42 } });
  });

  it.each([['../../etc/passwd'], ['/etc/passwd'], ['a/../../x.js']])('cannot be %s', (script) => {
    expect(types.registry.describe('script').check({ script })).toMatchObject([{ path: 'script' }]);
  });

  it.each([['link.js'], ['missing.js'], ['.']])('is not found at %s', async (script) => {
    await expect(run({ script })).rejects.toMatchObject({ code: 'script_not_found' });
  });
});

describe('a script cannot reach', () => {
  it.each([
    ['require'],
    ['process'],
    ['module'],
    ['fetch'],
    ['setTimeout'],
    ['Buffer'],
    ['WebAssembly'],
    ['SharedArrayBuffer'],
    ['globalThis.constructor.constructor("return this")().process'],
    ['console.log.constructor("return this")().process'],
    ['input.constructor.constructor("return this")().process'],
    ['(async () => {}).constructor("return this")().process'],
    ['new Proxy({}, {}).constructor.constructor("return this")().require'],
  ])('%s', async (expression) => {
    expect(await result(`return typeof ${expression};`, {})).toBe('undefined');
  });

  it.each([
    ['a process through constructors', 'return this.constructor.constructor("return process")().env;'],
    [
      'a process through an error',
      'try { null.x } catch (e) { return e.constructor.constructor("return process")().pid; }',
    ],
    ['modules', 'return await import("node:fs");'],
    ['modules by eval', 'return eval("require(\'fs\')");'],
    ['the arguments of its caller', 'return arguments.callee.caller.arguments;'],
  ])('%s', async (_name, code) => {
    expect(await run({ code })).toMatchObject({ kind: 'fail', error: { code: 'script_failed' } });
  });

  it('the text around it', async () => {
    const outcome = await run({ code: 'return 1; }); globalThis.out = 1; (async () => { return typeof process;' });
    expect(outcome).toMatchObject({ output: { result: 'undefined' } });
  });

  it('the environment or the rights of the server', async () => {
    const ctx = nodeContext(types.registry.resolve('script', { code: 'console.log("up"); while (true) {}' }));
    const started = new Promise<void>((resolve) => {
      ctx.log.info = () => resolve();
    });
    const attempt = Promise.resolve(types.registry.get('script').execute(ctx));
    await started;
    const sandboxes = sandboxProcesses();
    expect(sandboxes).not.toEqual([]);
    for (const { environment, uid } of sandboxes) {
      // All that is there is how it talks to the server.
      expect(environment.every((name) => name.startsWith('NODE_CHANNEL_'))).toBe(true);
      expect(uid).toBe(process.getuid?.() === 0 ? NOBODY : process.getuid?.());
    }
    ctx.abort('cancelled');
    await expect(attempt).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('a script is stopped', () => {
  it.each([
    ['an infinite loop', 'while (true) {}'],
    ['an infinite loop after an await', 'await null; while (true) {}'],
    ['an endless chain of promises', 'while (true) await null;'],
    ['a promise that never settles', 'return new Promise(() => {});'],
    ['a catastrophic regular expression', 'return /^(a+)+$/.test("a".repeat(40) + "b");'],
    ['a loop outside of its function', '}); while (true) {} (() => {'],
    ['a getter that loops', 'return { get a() { while (true) {} } };'],
    ['a thenable that loops', 'return { then() { while (true) {} } };'],
  ])('at its timeout: %s', async (_name, code) => {
    const outcome = await run({ code, timeout: '100ms' });
    expect(outcome).toMatchObject({ kind: 'fail', error: { code: 'timeout', retryable: true } });
    expect(await result('return 1;')).toBe(1);
  });

  it.each([
    ['a growing list', 'const a = []; while (true) a.push(new Array(10000).fill(1.5));'],
    [
      'a growing text',
      'let a = "x"; const all = []; while (true) { a += a.slice(0, 1e6) + all.length; all.push(a.split("")); }',
    ],
    ['buffers', 'const a = []; while (true) a.push(new Uint8Array(10_000_000).fill(1));'],
  ])('at its memory: %s', async (_name, code) => {
    const outcome = await run({ code, max_memory: 16, timeout: '20s' });
    expect(outcome).toMatchObject({ kind: 'fail', error: { code: 'script_out_of_memory', retryable: false } });
    expect(await result('return 1;')).toBe(1);
  });

  it.each([
    ['its result', 'return "x".repeat(2_000_000);'],
    ['its lines', 'for (let i = 0; i < 200; i++) console.log("x".repeat(10_000)); return 1;'],
    ['many empty lines', 'for (let i = 0; i < 1_000_000; i++) console.log(""); return 1;'],
  ])('at 1 MiB of output: %s', async (_name, code) => {
    expect(await run({ code })).toMatchObject({
      kind: 'fail',
      error: { code: 'script_output_too_large', retryable: false },
    });
  });

  it('when the server is gone', async () => {
    const entry = new URL('../../src/nodes/types/script/sandbox/child.ts', import.meta.url);
    const child = fork(entry, [], {
      env: {},
      execArgv: ['--no-node-snapshot'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const exit = once(child, 'exit');
    await once(child, 'message');
    const values = { input: 'null', args: 'null', env: '{}' };
    const limits = { timeoutMs: 60_000, maxMemoryMb: 64, maxOutputBytes: 1_000 };
    child.send({ code: 'console.log("up"); while (true) {}', fileName: 'script.js', ...values, ...limits });
    await once(child, 'message');
    child.disconnect();
    expect(await exit).toEqual([null, 'SIGKILL']);
  });

  it('without harm to those beside it', async () => {
    const bomb = run({ code: 'while (true) {}', timeout: '200ms' });
    const others = await Promise.all(Array.from({ length: 10 }, (_, index) => result('return input;', index)));
    expect(others).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await bomb).toMatchObject({ error: { code: 'timeout' } });
  });
});

import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { nodeContext } from '../support/node-context.js';
import { processesWith } from '../support/processes.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';

const scriptsDir = mkdtempSync(join(tmpdir(), 'scripts-of-a-test-'));
let types: NodeTypesUnderTest;
beforeAll(async () => {
  types = await startNodeTypes({ scriptRuntimes: ['javascript', 'node', 'python', 'bash'], scriptsDir });
});
afterAll(async () => {
  await types.close();
  rmSync(scriptsDir, { recursive: true });
});

const context = (config: object, input: unknown = null) =>
  nodeContext(types.registry.resolve('script', config), { input });
const run = (config: object, input?: unknown) => types.registry.get('script').execute(context(config, input));
async function output(config: object, input?: unknown): Promise<any> {
  const outcome = await run(config, input);
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.output;
}
async function failure(config: object): Promise<any> {
  const outcome = await run(config);
  if (outcome.kind !== 'fail') throw new Error(JSON.stringify(outcome));
  return outcome.error;
}

const runFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('millrace-run-'));

describe('a script in a process', () => {
  it.each([
    ['node', 'console.log("first"); console.log(JSON.stringify({ sum: input.a + Number(process.argv[2]) }))'],
    [
      'node',
      'import { argv } from "node:process"; console.log("first"); console.log(JSON.stringify({ sum: await input.a + +argv[2] }))',
    ],
    ['python', 'import json, sys\nprint("first")\nprint(json.dumps({"sum": input["a"] + int(sys.argv[1])}))'],
    ['bash', 'echo first\necho "{\\"sum\\": $(( $(echo "$input" | tr -dc 0-9) + $1 ))}"'],
  ])('gets input and arguments; the JSON on its last line is the result (%s)', async (runtime, code) => {
    const given = await output({ runtime, code, args: [2] }, { a: 40 });
    expect(given).toEqual({
      result: { sum: 42 },
      stdout: 'first\n{"sum": 42}\n'.replace(': ', runtime === 'node' ? ':' : ': '),
      stderr: '',
      exit_code: 0,
    });
  });

  it.each([
    ['node', 'process.stdin.on("data", (text) => console.log(text.toString()))'],
    ['python', 'import sys\nprint(sys.stdin.read())'],
    ['bash', 'cat'],
  ])('reads its input as JSON from its standard input (%s)', async (runtime, code) => {
    expect((await output({ runtime, code }, { a: [1, 'ä'] })).result).toEqual({ a: [1, 'ä'] });
  });

  it('has an environment of its own, and is nobody', async () => {
    const given = await output({ runtime: 'bash', code: 'env; id -u; pwd', env: { GREETING: 'hi' } });
    expect(given.stdout).toContain('GREETING=hi');
    expect(given.stdout).not.toMatch(/DATABASE_URL|SECRET_KEY|VITEST|npm_/);
    if (process.getuid?.() === 0) expect(given.stdout).toMatch(/^6[1-5]\d{3}$/m);
  });

  it('may not read what only the server may, and its folder is gone afterwards', async () => {
    const secret = mkdtempSync(join(tmpdir(), 'secret-of-a-test-'));
    writeFileSync(join(secret, 'key'), 'secret', { mode: 0o600 });
    const { stdout } = await output({ runtime: 'bash', code: `cat ${secret}/key 2>/dev/null; echo > left; pwd; true` });
    rmSync(secret, { recursive: true });
    if (process.getuid?.() === 0) expect(stdout).not.toContain('secret\n');
    expect(runFolders()).not.toContain(stdout.trim().split('/').at(-1));
  });

  it('fails with its exit code and what it wrote', async () => {
    const error = await failure({ runtime: 'bash', code: 'echo out; echo wrong >&2; exit 3' });
    expect(error).toMatchObject({
      code: 'script_failed',
      details: { stdout: 'out\n', stderr: 'wrong\n', exit_code: 3 },
    });
    expect(error.message).toContain('exit code 3: wrong');
  });

  it('comes from a file under SCRIPTS_DIR, and from nowhere else', async () => {
    writeFileSync(join(scriptsDir, 'sum.py'), 'print(input + 1)');
    symlinkSync('/etc/passwd', join(scriptsDir, 'link.sh'));
    expect((await output({ runtime: 'python', script: 'sum.py' }, 41)).result).toBe(42);
    await expect(run({ runtime: 'bash', script: 'link.sh' })).rejects.toMatchObject({ code: 'script_not_found' });
    expect(() => types.registry.resolve('script', { runtime: 'bash', script: '../x.sh' })).toThrow();
  });

  it('is off until SCRIPT_RUNTIMES lists its runtime', async () => {
    await using off = await startNodeTypes();
    const faults = off.registry.describe('script').check({ runtime: 'bash', code: 'true' });
    expect(faults).toMatchObject([{ path: 'runtime', message: expect.stringContaining('SCRIPT_RUNTIMES') as string }]);
  });
});

const MARK = 'millrace-test-leftover';

describe('within its limits is ended, and leaves nothing behind,', () => {
  it.each([
    ['a loop', 'bash', 'while true; do :; done', 'timeout'],
    ['a loop in Python', 'python', 'while True: pass', 'timeout'],
    ['a loop in Node', 'node', 'while (true) {}', 'timeout'],
    ['a script that ignores signals', 'bash', 'trap "" TERM INT HUP; while true; do :; done', 'timeout'],
    ['a flood of output', 'bash', 'yes', 'script_output_too_large'],
    ['a flood of errors', 'python', 'import sys\nwhile True: sys.stderr.write("x" * 65536)', 'script_output_too_large'],
    ['a flood of memory', 'python', 'x = []\nwhile True: x.append(bytearray(8 << 20))', 'script_out_of_memory'],
    [
      'a flood of memory in Node',
      'node',
      'const x = []; for (;;) x.push(new Array(1e6).fill(x.length))',
      'script_out_of_memory',
    ],
    ['a flood of buffers in Node', 'node', 'const x = []; for (;;) x.push(Buffer.alloc(16 << 20, 1))', 'script_'],
    ['a file without end', 'bash', 'yes > file; exit 1', 'script_failed'],
    ['a fork bomb', 'bash', 'bomb() { bomb | bomb & }; bomb; sleep 60', 'timeout'],
    ['forks in Python', 'python', 'import os\nwhile True:\n  try: os.fork()\n  except OSError: pass', 'timeout'],
  ])('%s (%s)', async (_what, runtime, code, expected) => {
    // Only what no other limit ends waits for this one: on a busy machine a flood takes its time to be too much.
    const timeout = expected === 'timeout' ? '1500ms' : '50s';
    const error = await failure({ runtime, code, timeout, max_memory: 64 });
    expect(error.code).toContain(expected);
    expect(runFolders()).toEqual([]);
  });

  it.each([
    ['in the background', `sleep 12345 ${MARK} & disown; echo 1`],
    ['in a session of its own', `setsid sleep 12345 ${MARK} >/dev/null 2>&1 < /dev/null & echo 1`],
    ['as a daemon', `(setsid bash -c 'exec -a ${MARK} sleep 12345' &) ; echo 1`],
  ])('a process that a script left %s', async (_where, code) => {
    await run({
      runtime: 'bash',
      code: code.replaceAll(`sleep 12345 ${MARK}`, `bash -c 'exec -a ${MARK} sleep 12345'`),
    });
    await eventually(() => expect(processesWith(MARK)).toEqual([]));
  });

  it.runIf(process.getuid?.() === 0)('a file in a folder that all share', async () => {
    await output({ runtime: 'bash', code: `echo x > /tmp/${MARK}; mkdir /dev/shm/${MARK}; echo 1` });
    expect([...readdirSync('/tmp'), ...readdirSync('/dev/shm')]).not.toContain(MARK);
  });

  it('what is aborted', async () => {
    const ctx = context({ runtime: 'bash', code: `exec -a ${MARK} sleep 12345` });
    const attempt = Promise.resolve(types.registry.get('script').execute(ctx));
    await eventually(() => expect(processesWith(MARK)).toHaveLength(1));
    ctx.abort('cancelled');
    await expect(attempt).rejects.toMatchObject({ code: 'aborted' });
    await eventually(() => expect(processesWith(MARK)).toEqual([]));
  });
});

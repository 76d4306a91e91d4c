import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canEnclose } from '../../src/common/processes/enclosure.js';
import { Api, step, type ExecutionView } from '../support/api.js';
import { processesWith } from '../support/processes.js';
import { postgresOverTcp } from '../support/postgres-over-tcp.js';
import { startServer, TEST_API_KEY, type TestServer } from '../support/server.js';
import { createTestDatabase } from '../support/test-database.js';

/** As containers start it: a server whose user is not root, with scripts in processes. */
const UID = process.getuid?.() === 0 ? 61_000 : undefined;
const MARK = 'millrace-test-of-a-user';
/** Only this server's user has it in its environment. */
const SECRET_KEY = 'a secret key that no script may find';

let server: TestServer;
let api: Api;

beforeAll(async () => {
  const databaseUrl = await postgresOverTcp((await createTestDatabase({ empty: true })).url);
  const env = { SCRIPT_RUNTIMES: 'javascript,node,python,bash', SECRET_KEY };
  server = await startServer({ databaseUrl, uid: UID, env });
  api = new Api(server.url, TEST_API_KEY);
});

function script(config: object): Promise<ExecutionView> {
  return api.run(JSON.stringify({ name: 'a script', steps: [{ id: 'script', type: 'script', config }] }));
}

describe.runIf(await canEnclose())('a script in a process of a server that is not root', () => {
  it.each([
    ['node', 'console.log(JSON.stringify({ sum: input.a + Number(process.argv[2]) }))'],
    ['python', 'import json, sys\nprint(json.dumps({"sum": input["a"] + int(sys.argv[1])}))'],
    ['bash', 'echo "{\\"sum\\": $(( $(echo "$input" | tr -dc 0-9) + $1 ))}"'],
  ])('works: %s', async (runtime, code) => {
    const definition = {
      name: `sum by ${runtime}`,
      steps: [{ id: 'script', type: 'script', input_mapping: { a: 40 }, config: { runtime, code, args: [2] } }],
    };
    const execution = await api.run(JSON.stringify(definition));
    expect(execution.error).toBeNull();
    expect(step(execution, 'script').output).toMatchObject({ result: { sum: 42 }, stderr: '', exit_code: 0 });
  });

  it("finds neither the server's environment nor its files", async () => {
    const code = `cat /proc/*/environ | tr '\\0' '\\n'; ls -R ${server.dataFolder}; ls /work /home; env; true`;
    const { stdout } = step(await script({ runtime: 'bash', code, env: { GREETING: 'hi' } }), 'script').output;
    expect(stdout).toContain('GREETING=hi');
    expect(stdout).not.toMatch(/SECRET_KEY|DATABASE_URL|ADMIN_API_KEY|that no script may find/);
  });

  it('leaves neither a process, whatever it does to hide, nor a file in a folder that all share', async () => {
    const code = `(env -i setsid bash -c 'exec -a ${MARK} sleep 12345' >/dev/null 2>&1 </dev/null &)
      until grep -qs '[m]illrace-test-of-a-user' /proc/*/cmdline; do :; done
      echo x > /tmp/${MARK}; echo x > /dev/shm/${MARK}; pwd`;
    const { stdout } = step(await script({ runtime: 'bash', code }), 'script').output;
    expect(processesWith(MARK)).toEqual([]);
    for (const folder of ['/tmp', '/dev/shm']) expect(existsSync(join(folder, MARK))).toBe(false);
    expect(readdirSync(tmpdir())).not.toContain(String(stdout).trim().split('/').at(-1));
  });

  it.each([
    ['a loop', 'bash', 'while true; do :; done', 'timeout'],
    ['a flood of output', 'bash', 'yes', 'script_output_too_large'],
    ['a flood of memory', 'python', 'x = []\nwhile True: x.append(bytearray(8 << 20))', 'script_out_of_memory'],
    [
      'a flood of memory in Node',
      'node',
      'const x = []; for (;;) x.push(new Array(1e6).fill(x.length))',
      'script_out_of_memory',
    ],
    ['a file without end', 'bash', 'yes > file; exit 1', 'script_failed'],
    ['a fork bomb', 'bash', `bomb() { bomb ${MARK} | bomb ${MARK} & }; bomb; sleep 60`, 'timeout'],
  ])('is ended within its limits: %s (%s)', async (_what, runtime, code, expected) => {
    const timeout = expected === 'timeout' ? '1500ms' : '50s';
    const execution = await script({ runtime, code, timeout, max_memory: 64 });
    expect(execution.error).toMatchObject({ code: expected, step_path: 'script' });
    expect(processesWith(MARK)).toEqual([]);
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });
});

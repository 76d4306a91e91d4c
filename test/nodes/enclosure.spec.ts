import { spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  canEnclose,
  countsTasksByNamespace,
  enclosedCommand,
  ENCLOSING_ENVIRONMENT,
  writeEnvironment,
} from '../../src/common/processes/enclosure.js';
import { processesWith } from '../support/processes.js';

/** A user as a server has that is not root. */
const UID = process.getuid?.() === 0 ? 61_000 : (process.getuid?.() ?? 0);
const MARK = 'millrace-test-enclosed';
const HERE = process.execPath;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-enclosed-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

async function run(script: string, more: { env?: Record<string, string>; hidden?: string[] } = {}): Promise<Ended> {
  await writeEnvironment(folder, { PATH: '/usr/local/bin:/usr/bin:/bin', ...more.env });
  writeFileSync(join(folder, 'script.sh'), script);
  for (const path of [folder, ...readdirSync(folder).map((name) => join(folder, name))]) chownSync(path, UID, UID);
  const program = ['/usr/bin/prlimit', '--nproc=64', '--', '/bin/bash', 'script.sh'];
  const [command, ...args] = enclosedCommand({ folder, program, interpreter: HERE, hidden: more.hidden ?? [] });
  const child = spawn(command, args, { cwd: folder, env: ENCLOSING_ENVIRONMENT, uid: UID, gid: UID });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

describe.runIf(await canEnclose())('an enclosed process of a user who is not root', () => {
  it('sees its folder, what is installed, and no process but its own', async () => {
    const { output } = await run(
      `pwd; ls; id -u; ls -d /proc/[0-9]* | wc -l; ls /; ${HERE} -p 6*7; echo written > mine`,
    );
    const lines = output.trim().split('\n');
    expect(lines.slice(0, 3)).toEqual([folder, 'script.sh', '65534']);
    expect(Number(lines[3])).toBeLessThan(8);
    expect(lines).toEqual(expect.arrayContaining(['usr', 'etc', 'tmp', '42']));
    for (const name of ['home', 'root', 'run', 'sys', 'srv', '.old']) expect(lines).not.toContain(name);
    expect(readFileSync(join(folder, 'mine'), 'utf8')).toBe('written\n');
  });

  it('has the environment that it was given, and reaches no other', async () => {
    const { output } = await run('env; cat /proc/1/environ | tr "\\0" "\\n"', {
      env: { GREETING: `it's "$HOME" \n twice`, OPTIND: 'x', LD_PRELOAD: '' },
    });
    expect(output).toContain(`GREETING=it's "$HOME" \n twice\n`);
    expect(output).not.toMatch(/MILLRACE|VITEST|npm_|OLDPWD/);
  });

  it('does not read what its user may read elsewhere, and finds the folders of the server empty', async () => {
    const secret = mkdtempSync(join(tmpdir(), 'secret-of-a-test-'));
    writeFileSync(join(secret, 'key'), 'the-secret', { mode: 0o644 });
    const { output } = await run(`cat ${secret}/key; ls /usr/share | wc -l; touch /usr/share/x`, {
      hidden: ['/usr/share', secret],
    });
    rmSync(secret, { recursive: true });
    expect(output).not.toContain('the-secret');
    expect(output).toMatch(/^0$/m);
    expect(output).toContain('Read-only file system');
  });

  it('writes nowhere but into its folder and into a /tmp of its own', async () => {
    const { output } = await run(
      `for at in / /etc /usr /dev /var; do echo > $at/${MARK} && echo "wrote $at"; done; echo > /tmp/${MARK} && ls /tmp /dev/shm /var/tmp`,
    );
    expect(output).not.toContain('wrote');
    expect(output).toContain(MARK);
    for (const at of ['/tmp', '/var/tmp', '/dev/shm']) expect(existsSync(join(at, MARK))).toBe(false);
  });

  it.each([
    ['in the background', `bash -c 'exec -a ${MARK} sleep 12345' &`],
    ['in a session of its own, without its environment', `env -i setsid bash -c 'exec -a ${MARK} sleep 12345' &`],
    ['as a daemon', `(env -i setsid bash -c 'exec -a ${MARK} sleep 12345' >/dev/null 2>&1 </dev/null &)`],
  ])('leaves no process behind: %s', async (_how, script) => {
    const { code } = await run(
      `${script}\nuntil grep -qs '[m]illrace-test-enclosed' /proc/*/cmdline; do :; done; exit 3`,
    );
    expect(code).toBe(3);
    expect(processesWith(MARK)).toEqual([]);
  });

  it('may not have more tasks than its limit, whatever else its user runs', async () => {
    const { output } = await run(`python3 -c '
import os, time
count = 0
try:
    while count < 200:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
except OSError: pass
print(count)'`);
    expect(Number(output)).toBeGreaterThan(50);
    if (countsTasksByNamespace()) expect(Number(output)).toBeLessThan(64);
  });

  it('has no rights over its world, and can make no further one', async () => {
    const { output } = await run(
      'grep CapEff /proc/self/status; unshare --user true || echo refused; mount -t tmpfs x /tmp',
    );
    expect(output).toContain('CapEff:\t0000000000000000');
    expect(output).toContain('refused');
    expect(output).toMatch(/mount: .*(denied|superuser)/);
  });

  it('ends as its program does', async () => {
    expect((await run('exit 7')).code).toBe(7);
    expect((await run('kill -SEGV $$')).code).toBe(128 + 11);
  });
});

describe('whether tasks are counted by namespace', () => {
  it.each([
    ['5.10.0-28-amd64', false],
    ['5.14.0', true],
    ['5.4', false],
    ['6.1.0-18-amd64', true],
  ])('goes by the kernel: %s', (kernel, expected) => expect(countsTasksByNamespace(kernel)).toBe(expected));
});

describe('a folder that cannot be entered', () => {
  it('is no reason to run outside of the enclosure', async () => {
    mkdirSync(join(folder, 'inner'));
    const [command, ...args] = enclosedCommand({
      folder: '/nowhere',
      program: ['/bin/true'],
      interpreter: HERE,
      hidden: [],
    });
    const child = spawn(command, args, { cwd: join(folder, 'inner'), env: ENCLOSING_ENVIRONMENT });
    expect(await new Promise((resolve) => child.once('close', resolve))).not.toBe(0);
  });
});

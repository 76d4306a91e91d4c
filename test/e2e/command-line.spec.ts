import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXIT_MEANINGS } from '../../src/cli/exit-codes.js';
import { buildProgram } from '../../src/cli/program.js';
import { fences } from '../support/markdown.js';
import { NODE, ROOT } from '../support/paths.js';
import { startServer, temporaryFolder, type TestServer } from '../support/server.js';
import { shellLines, STRICT } from '../support/shell-lines.js';
import { createTestDatabase } from '../support/test-database.js';

const PAGE = 'docs/guides/command-line.md';
const GUIDE = readFileSync(join(ROOT, PAGE), 'utf8');

/** A server starts, and the package is made. */
const PACKING_MS = 240_000;

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startServer({ databaseUrl: (await createTestDatabase()).url });
  folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(await installed(), 'scripts/millrace.mjs'), join(folder, 'bin/millrace'));
  mkdirSync(join(folder, 'workflows'));
  const [workflow] = fences({ path: PAGE, text: GUIDE }).filter(({ language }) => language === 'yaml');
  writeFileSync(join(folder, 'workflows/import.yaml'), workflow?.text ?? '');
}, PACKING_MS);

/** The package as `npm pack` makes it: whoever uses the command line has no source. Only what it depends on is ours. */
async function installed(): Promise<string> {
  const target = temporaryFolder();
  const run = promisify(execFile);
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', target], { cwd: ROOT });
  await run('bash', ['-c', 'tar -xzf millrace-*.tgz'], { cwd: target });
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'package/node_modules'));
  return join(target, 'package');
}

interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

async function shell(script: string, env: Record<string, string> = {}): Promise<Ran> {
  const options = {
    cwd: folder,
    env: {
      PATH: `${join(folder, 'bin')}:${join(NODE, '..')}:${process.env['PATH'] ?? ''}`,
      MILLRACE_URL: server.url,
      MILLRACE_API_KEY: server.apiKey,
      ...env,
    },
  };
  return await promisify(execFile)('bash', ['--norc', '-c', script], options).then(
    ({ stdout, stderr }) => ({ exit: 0, out: stdout, err: stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exit: code, out: stdout, err: stderr };
    },
  );
}

describe('the guide of the command line', () => {
  it('runs as it is written: keys, deploy, run, retry, logs, why a trigger did not fire', async () => {
    const { exit, out, err } = await shell(STRICT + shellLines(PAGE).replaceAll('http://localhost:8003', server.url));
    expect({ exit, err: exit === 0 ? '' : err }).toEqual({ exit: 0, err: '' });
    expect(out).toMatch(/name +ada\nrole +editor/);
    expect(out).toContain('1 file, all valid');
    expect(out).toContain('team-import  created, version 1, now in force');
    expect(out).toContain('team-import  unchanged, version 1, in force already');
    expect(out).toContain('exit code 1');
    expect(out).toContain('expression_failed');
    expect(out).toMatch(/tell.*completed|completed.*tell/);
    expect(out).toMatch(/info +tell +loaded 8/);
    expect(out).toMatch(/filtered +filter +trigger\.payload\.body\.branch/);
    expect(out + err).not.toContain('s3cret-token');
    expect(out).not.toContain('\u001b[');
  });

  it('lists the exit codes that there are', () => {
    const rows = [...GUIDE.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
    expect(rows).toEqual(Object.entries(EXIT_MEANINGS));
  });
});

describe('millrace', () => {
  it('shows a fault with file, line, column, the line and a caret, and exits with 3', async () => {
    writeFileSync(
      join(folder, 'bad.yaml'),
      'name: Bad\ntimeout: soon\nsteps:\n  - {id: a, type: log, config: {message: x}}\n',
    );
    const { exit, err } = await shell('millrace deploy bad.yaml');
    expect(exit).toBe(3);
    expect(err).toContain('bad.yaml:2:10: error duration_invalid');
    expect(err).toContain('  2 | timeout: soon\n    |          ^');
    expect((await shell('millrace workflows show bad')).exit).toBe(3);
  });

  it.each([
    ['millrace frobnicate', 2],
    ['millrace validate nowhere.yaml', 2],
    ['millrace run team-import --input "{"', 2],
    ['millrace executions show nothing', 3],
    ['millrace workflows --url http://127.0.0.1:9', 4],
    ['MILLRACE_API_KEY=mr_wrong millrace workflows', 5],
    ['millrace --version', 0],
  ])('%s: exit code %i', async (line, code) => {
    expect((await shell(line)).exit).toBe(code);
  });

  it('stops waiting after --timeout, and the execution goes on', async () => {
    writeFileSync(join(folder, 'slow.yaml'), 'name: Slow\nsteps: [{id: a, type: wait, config: {duration: 1h}}]\n');
    const { exit, err } = await shell('millrace deploy slow.yaml && millrace run slow --wait --timeout 200ms');
    expect([exit, err]).toEqual([6, expect.stringContaining('wait_over')]);
    const { out } = await shell('millrace executions --workflow slow --json');
    const [{ id, status }] = JSON.parse(out).items;
    expect(status).toBe('waiting');
    expect((await shell(`millrace cancel ${id}`)).out).toContain('cancelled');
  });

  it('says what a new version changes, as JSON too', async () => {
    const path = join(folder, 'changing.yaml');
    const text = 'name: Changing\nsteps: [{id: a, type: log, config: {message: one}}]\n';
    writeFileSync(path, text);
    await shell('millrace deploy changing.yaml');
    writeFileSync(path, text.replace('one', 'two'));
    const { out } = await shell('millrace deploy changing.yaml --json');
    expect(JSON.parse(out).items[0]).toMatchObject({
      slug: 'changing',
      workflow: 'updated',
      previous_version: 1,
      version: 2,
      deployment: 'deployed',
      changes: [{ path: 'steps.a.config.message', kind: 'changed' }],
    });
  });

  it('tells a refusal as JSON on stderr', async () => {
    const { err } = await shell('millrace executions show nothing --json');
    expect(JSON.parse(err).error).toMatchObject({ code: 'execution_not_found', problem: { status: 404 } });
  });

  it('completes commands, options and values in bash', async () => {
    const ask = (line: string): string =>
      `source <(millrace completion bash); COMP_WORDS=(millrace ${line}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _millrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect((await shell(ask('exec'))).out).toBe('executions\n');
    expect((await shell(ask('executions --stat'))).out).toBe('--status\n');
    expect((await shell(ask('triggers occurrences x --outcome fi'))).out).toBe('fired\nfiltered\n');
  });

  it('describes every command', () => {
    const all = [buildProgram('0')];
    for (const command of all) all.push(...command.commands.filter((one) => one.name() !== 'complete'));
    expect(all.filter((one) => one.description() === '').map((one) => one.name())).toEqual([]);
  });
});

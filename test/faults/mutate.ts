import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE, ROOT } from '../support/paths.js';
import type { Edits, Mutation, RedTest } from './mutations.js';

/** What is made, not written; all else is copied, so that the copy builds. */
const LEFT_OUT = new Set([
  '.bench',
  '.cache',
  '.git',
  '.millrace',
  '.screenshots',
  'bench',
  'coverage',
  'dist',
  'node_modules',
]);

/** `red`: the test ran and failed. `unproven`: it did not run, so nothing is known. */
export type Outcome = 'red' | 'green' | 'unproven';

/** @throws when an edit does not stand exactly once in the text. */
export function mutate(text: string, { edits, file }: Edits): string {
  return edits.reduce((changed, [from, to]) => {
    const parts = changed.split(from);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${from}`);
    return parts.join(to);
  }, text);
}

/** A copy of the tree in which guards are taken away, one at a time. */
export class MutationTree {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-mutations-'));

  constructor() {
    // PostgreSQL's account must pass.
    chmodSync(this.folder, 0o755);
    for (const name of readdirSync(ROOT)) {
      if (!LEFT_OUT.has(name)) cpSync(join(ROOT, name), join(this.folder, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async run(mutation: Mutation): Promise<Outcome> {
    const files = [mutation, ...(mutation.also === undefined ? [] : [mutation.also])].map((edits) => {
      const path = join(this.folder, edits.file);
      return { path, edits, text: readFileSync(path, 'utf8') };
    });
    for (const { path, edits, text } of files) writeFileSync(path, mutate(text, edits));
    try {
      return await this.test(mutation.red);
    } finally {
      for (const { path, text } of files) writeFileSync(path, text);
    }
  }

  async test(red: RedTest): Promise<Outcome> {
    return 'spec' in red ? await this.runSpec(red.spec, red.name) : await this.runFault(red.fault, red.cycles);
  }

  private async runSpec(spec: string, name: string): Promise<Outcome> {
    const report = join(this.folder, 'report.json');
    rmSync(report, { force: true });
    const pattern = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const vitest = join(this.folder, 'node_modules/vitest/vitest.mjs');
    await this.spawn([vitest, 'run', spec, '-t', pattern, '--reporter=json', `--outputFile=${report}`]);
    try {
      const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
      if ((numFailedTests ?? 0) > 0) return 'red';
      return (numPassedTests ?? 0) > 0 ? 'green' : 'unproven';
    } catch {
      return 'unproven';
    }
  }

  private async runFault(fault: string, cycles: number): Promise<Outcome> {
    const script = join(this.folder, 'scripts/faults.mjs');
    const { code, output } = await this.spawn([script, '--seed', '1', '--cycles', String(cycles), '--fault', fault]);
    if (code === 0) return 'green';
    return output.includes('FAILED') ? 'red' : 'unproven';
  }

  private spawn(args: readonly string[]): Promise<{ code: number | null; output: string }> {
    return new Promise((resolve) => {
      const child = spawn(NODE, args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.once('close', (code) => resolve({ code, output }));
    });
  }
}

import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

const KEPT_OUTPUT = 20_000;
const STOP_LIMIT_MS = 30_000;
const running = new Set();

// Ctrl-C or a fault of the bench itself must not leave servers behind.
process.once('exit', () => running.forEach((one) => killGroup(one.child, 'SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/** Starts a program in a process group of its own, with nothing of this environment but PATH and HOME. */
export function launch(name, file, args, { cwd, env = {} }) {
  const { PATH, HOME } = process.env;
  const child = spawn(file, args, {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const keep = (chunk) => (output = (output + chunk).slice(-KEPT_OUTPUT));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const one = { child };
  running.add(one);
  const exitCode = new Promise((resolve) => {
    child.once('error', (error) => (keep(error.message), resolve(null)));
    child.once('close', resolve);
  });
  const exited = exitCode.then(() => void running.delete(one));
  return {
    name,
    pid: child.pid,
    output: () => output,
    /** Throws, with what it wrote last, when it has ended. */
    requireAlive() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) return;
      throw new Error(`${name} ended: ${reasonIn(output)}`);
    },
    /** null: ended by a signal, or never started. */
    exitCode,
    async stop() {
      killGroup(child, 'SIGTERM');
      const late = delay(STOP_LIMIT_MS, 'late', { ref: false });
      if ((await Promise.race([exited, late])) === 'late') killGroup(child, 'SIGKILL');
      await exited;
    },
  };
}

/** Runs a program to its end. @returns its output. @throws Error with what it says when it fails. */
export async function run(name, file, args, options) {
  const program = launch(name, file, args, options);
  const code = await program.exitCode;
  if (code !== 0) throw new Error(`${name} failed: ${reasonIn(program.output())}`);
  return program.output();
}

/** What a program says of its failure: the last line that names an error, or what it wrote last. */
export function reasonIn(output) {
  const named = output.split('\n').findLast((line) => /error/i.test(line) && !/^\s+at /.test(line));
  return named?.trim().slice(0, 300) ?? lastLines(output);
}

function lastLines(output, count = 6) {
  return output.trim().split('\n').slice(-count).join('\n');
}

function killGroup(child, signal) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

// A server for the checks: started from `dist` or by a command, awaited by its own health, stopped with its data.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Starts a command that serves. @returns when it is ready. @throws Error with its output when it ends before. */
export async function serve(file, args, { cwd, env, limitMs }) {
  const port = await freePort();
  const child = spawn(file, args, {
    cwd,
    env: { ...env, HOST: '127.0.0.1', PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk.toString()));
  child.stderr.on('data', (chunk) => (output += chunk.toString()));
  const exited = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  const url = `http://127.0.0.1:${port}`;
  const server = { url, output: () => output, stop: () => (child.kill('SIGTERM'), exited) };
  for (const deadline = Date.now() + limitMs; ; await delay(100)) {
    if (child.exitCode !== null) throw new Error(`the server ended at its start:\n${output}`);
    const isReady = await fetch(`${url}/health/ready`)
      .then((answer) => answer.ok)
      .catch(() => false);
    if (isReady) return server;
    if (Date.now() < deadline) continue;
    await server.stop();
    throw new Error(`the server is not ready after ${limitMs / 1000} s:\n${output}`);
  }
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

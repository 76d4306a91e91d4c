// `npm start`: installs and builds what is missing or has changed, then runs the server on the product's own Node.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { build, install, NODE, requireNode, ROOT } from './lib/set-up.mjs';

requireNode();
try {
  await install();
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

// The channel tells the server when this process is gone, however it went.
const server = spawn(NODE, [join(ROOT, 'dist/src/main.js')], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => server.kill(signal));
server.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
server.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

// Under npm, a killed npm leaves this process behind; nobody would stop the server then.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || server.kill('SIGTERM'), 1_000).unref();
}

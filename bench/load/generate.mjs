import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { NODE } from '../lib/paths.mjs';

/** Runs the load generator (see generator.mjs for a job). @returns {sent, accepted, faults, startedAt, seconds, latency, items} */
export async function generate(job) {
  const child = spawn(NODE, [join(import.meta.dirname, 'generator.mjs'), JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  return JSON.parse(output);
}

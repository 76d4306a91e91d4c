// What the scripts show while they work: a title and the seconds on a terminal, a line now and then elsewhere.
import { spawn } from 'node:child_process';

const HEARTBEAT_MS = 15_000;
/** Of a failed program's output: npm says first what is wrong, a compiler last. */
const SHOWN_LINES = 25;

/** Runs `work` under a title. What it throws goes on to the caller. */
export async function step(title, work) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const isTerminal = process.stdout.isTTY === true;
  const show = () => process.stdout.write(isTerminal ? `\r${title} … ${seconds()} s` : `${title} … ${seconds()} s\n`);
  process.stdout.write(isTerminal ? `${title} …` : `${title} …\n`);
  const timer = setInterval(show, isTerminal ? 1_000 : HEARTBEAT_MS);
  try {
    const result = await work();
    process.stdout.write(`${isTerminal ? '\r' : ''}${title}: done in ${seconds()} s\n`);
    return result;
  } catch (error) {
    process.stdout.write(`${isTerminal ? '\r' : ''}${title}: failed after ${seconds()} s\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Runs a program quietly. @throws Error with the first and last lines of its output when it fails. */
export function run(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk) => (output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve(output);
      reject(new Error(`${file} ${args.join(' ')} failed with ${code}:\n${shorten(output.trim().split('\n'))}`));
    });
  });
}

/** Runs a program that shows itself. @returns its exit code. */
export function show(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', ...options });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal === null ? code : 1));
  });
}

function shorten(lines) {
  if (lines.length <= 2 * SHOWN_LINES) return lines.join('\n');
  return [...lines.slice(0, SHOWN_LINES), '…', ...lines.slice(-SHOWN_LINES)].join('\n');
}

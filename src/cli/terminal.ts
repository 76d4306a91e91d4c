import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** Where a command reads from and writes to. */
export interface Terminal {
  /** Whether a person reads the output; else it is plain, for programs. */
  readonly isInteractive: boolean;
  readonly hasColours: boolean;
  /** Whether a person can be asked. */
  readonly canAsk: boolean;
  out(line: string): void;
  /** Notes and errors: never part of the result. */
  err(line: string): void;
  readInput(): Promise<string>;
  ask(question: string): Promise<string>;
  /** Shows nothing of what is typed. */
  askHidden(question: string): Promise<string>;
}

export function processTerminal(isColourUnwanted: boolean): Terminal {
  const { stdin, stdout, stderr } = process;
  // `millrace … | head` closes the pipe early: that is no fault.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    isInteractive: stdout.isTTY,
    hasColours: stdout.isTTY && !isColourUnwanted,
    canAsk: stdin.isTTY && stderr.isTTY,
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void stderr.write(`${line}\n`),
    readInput: () => text(stdin),
    ask: (question) => ask(question, stderr),
    askHidden: async (question) => {
      stderr.write(question);
      const typed = await ask('', new Writable({ write: (_chunk, _encoding, done) => done() }));
      stderr.write('\n');
      return typed;
    },
  };
}

async function ask(question: string, output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

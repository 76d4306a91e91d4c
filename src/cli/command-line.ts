import { CommanderError } from 'commander';
import { bind } from './command.js';
import { CliError, RefusedError, UsageError } from './cli.errors.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { oneLine } from './output/printable.js';
import { styleOf } from './output/style.js';
import { buildProgram } from './program.js';
import type { Terminal } from './terminal.js';

/** Runs one command. @returns its exit code. */
export async function runCommandLine(args: readonly string[], terminal: Terminal, version: string): Promise<ExitCode> {
  const program = buildProgram(version);
  const outcome = bind(program, terminal);
  const isJson = args.includes('--json');
  configureOutput(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return outcome.exit;
  } catch (error) {
    // Commander has told what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return tell(error, terminal, isJson);
  }
}

function configureOutput(program: ReturnType<typeof buildProgram>, terminal: Terminal): void {
  const output = {
    writeOut: (text: string) => terminal.out(text.trimEnd()),
    writeErr: (text: string) => terminal.err(text.trimEnd()),
    getOutHasColors: () => terminal.hasColours,
  };
  const all = [program];
  for (const command of all) {
    command.configureOutput(output);
    all.push(...command.commands);
  }
}

function tell(error: unknown, terminal: Terminal, isJson: boolean): ExitCode {
  const known = error instanceof CliError ? error : new CliError(EXIT.internal, 'internal', messageOf(error));
  const { code, message, faults, hint, exit } = known;
  if (isJson) {
    const problem = known instanceof RefusedError ? { problem: known.problem } : {};
    terminal.err(JSON.stringify({ error: { code, message, hint, errors: faults, ...problem } }));
    return exit;
  }
  const style = styleOf(terminal.hasColours);
  const label = known instanceof UsageError ? '' : ` ${code}`;
  terminal.err(`${style.red('error')}${label}: ${oneLine(message)}`);
  for (const fault of faults) terminal.err(`  ${oneLine([fault.path, fault.message].filter(Boolean).join(': '))}`);
  if (hint !== null) terminal.err(`hint: ${oneLine(hint)}`);
  return exit;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

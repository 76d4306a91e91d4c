import { type Command, Option } from 'commander';
import { clientEnvironment } from '../common/config/client-environment.js';
import { ApiClient } from './client/api-client.js';
import { connectionOf } from './client/connection.js';
import { Context } from './context.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { styleOf } from './output/style.js';
import { processTerminal, type Terminal } from './terminal.js';

export type Options = Readonly<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any

/** What a command does. @returns its exit code; nothing: 0. */
export type Handler<Args extends readonly unknown[]> = (
  context: Context,
  ...rest: [...args: Args, options: Options]
) => Promise<ExitCode | void>; // eslint-disable-line @typescript-eslint/no-invalid-void-type

/** How a run of the command ended. */
export interface Outcome {
  exit: ExitCode;
}

/** Ties a command to what it does: gives it the options that all have, and a context. */
export function act<Args extends readonly unknown[]>(command: Command, handler: Handler<Args>): Command {
  return withCommonOptions(command).action(async (...all: unknown[]) => {
    const options: Options = command.optsWithGlobals();
    const context = contextOf(options, terminalOf(command));
    // Commander hands over the arguments, then options and itself.
    const args = all.slice(0, -2) as unknown as Args;
    const exit = await handler(context, ...args, options);
    outcomeOf(command).exit = exit ?? EXIT.ok;
  });
}

export function withCommonOptions(command: Command): Command {
  return command
    .optionsGroup('Options of all commands:')
    .option('--json', 'the result as JSON; errors too')
    .addOption(new Option('--url <url>', 'the server (MILLRACE_URL; default http://localhost:8003)'))
    .addOption(
      new Option('--api-key <key>', 'better in MILLRACE_API_KEY: arguments are seen by other users of a machine'),
    );
}

export function contextOf(options: Options, given: Terminal | null): Context {
  const environment = clientEnvironment();
  const terminal = given ?? processTerminal(environment.isColourUnwanted);
  const flags = { url: options['url'] as string | undefined, apiKey: options['apiKey'] as string | undefined };
  const api = new ApiClient(connectionOf(flags, environment));
  const isJson = options['json'] === true;
  return new Context(api, terminal, styleOf(terminal.hasColours && !isJson), isJson);
}

const OUTCOMES = new WeakMap<Command, { readonly outcome: Outcome; readonly terminal: Terminal }>();

/** Binds what a whole run shares to the root of its commands. */
export function bind(root: Command, terminal: Terminal): Outcome {
  const outcome: Outcome = { exit: EXIT.ok };
  OUTCOMES.set(root, { outcome, terminal });
  return outcome;
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

export function terminalOf(command: Command): Terminal | null {
  return OUTCOMES.get(rootOf(command))?.terminal ?? null;
}

function outcomeOf(command: Command): Outcome {
  return OUTCOMES.get(rootOf(command))?.outcome ?? { exit: EXIT.ok };
}

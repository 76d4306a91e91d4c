import { type Command, Option } from 'commander';
import { terminalOf } from '../command.js';
import { SHELLS, scriptFor, type Shell } from '../completion/scripts.js';
import { suggestions } from '../completion/suggestions.js';

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('a script that lets your shell complete commands')
    .description(
      'Prints a script that lets your shell complete commands, options and their values:\n' +
        '  bash: source <(millrace completion bash)\n' +
        '  zsh:  source <(millrace completion zsh)\n' +
        '  fish: millrace completion fish | source',
    )
    .addArgument(program.createArgument('<shell>', 'your shell').choices(SHELLS))
    .action((shell: Shell) => terminalOf(program)?.out(scriptFor(shell).trimEnd()));

  // What the scripts call: the words so far, the last of them being written.
  program
    .command('complete', { hidden: true })
    .addOption(new Option('--described', 'with descriptions, after a tab'))
    .argument('[words...]')
    .passThroughOptions()
    .allowUnknownOption()
    .action((words: string[], { described }: { described?: boolean }) => {
      for (const { value, about } of suggestions(program, words)) {
        terminalOf(program)?.out(described === true && about !== '' ? `${value}\t${about}` : value);
      }
    });
}

import type { Command, Option } from 'commander';

export interface Suggestion {
  readonly value: string;
  readonly about: string;
}

/** What may stand for the last word. Nothing: the shell offers files. */
export function suggestions(program: Command, words: readonly string[]): Suggestion[] {
  const last = words.at(-1) ?? '';
  const { command, awaited, positionals } = walk(program, words.slice(0, -1));
  if (awaited !== null) return fitting((awaited.argChoices ?? []).map(named), last);
  const assigned = /^(--[^=]+)=(.*)$/.exec(last);
  if (assigned !== null) {
    const [, flag = '', begun = ''] = assigned;
    const choices = optionOf(command, flag)?.argChoices ?? [];
    return fitting(choices.map(named), begun).map(({ value }) => named(`${flag}=${value}`));
  }
  if (last.startsWith('-')) return fitting(optionsOf(command), last);
  const argument = command.registeredArguments[positionals];
  const choices = (argument?.argChoices ?? []).map(named);
  return fitting(positionals === 0 ? [...commandsOf(command), ...choices] : choices, last);
}

interface Place {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly awaited: Option | null;
  readonly positionals: number;
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let awaited: Option | null = null;
  let positionals = 0;
  for (const word of words) {
    if (awaited !== null) {
      awaited = null;
      continue;
    }
    if (word.startsWith('-')) {
      const option = word.includes('=') ? undefined : optionOf(command, word);
      awaited = option?.required === true ? option : null;
      continue;
    }
    const inner = positionals === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (inner === undefined) positionals++;
    else command = inner;
  }
  return { command, awaited, positionals };
}

function optionOf(command: Command, flag: string): Option | undefined {
  return [...command.options, ...(ofList(command)?.options ?? [])].find(
    ({ short, long }) => short === flag || long === flag,
  );
}

/** `millrace executions` is `millrace executions list`. */
function ofList(command: Command): Command | undefined {
  return command.commands.find((one) => one.name() === 'list');
}

function optionsOf(command: Command): Suggestion[] {
  const all = [command, ofList(command)].flatMap((one) => (one ? one.createHelp().visibleOptions(one) : []));
  return [...new Map(all.map((option) => [option.long, option])).values()].flatMap(({ long, description }) =>
    long === undefined ? [] : [{ value: long, about: description }],
  );
}

function commandsOf(command: Command): Suggestion[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((one) => ({ value: one.name(), about: one.summary() || one.description() }));
}

function named(value: string): Suggestion {
  return { value, about: '' };
}

function fitting(all: readonly Suggestion[], begun: string): Suggestion[] {
  return all.filter(({ value }) => value.startsWith(begun));
}

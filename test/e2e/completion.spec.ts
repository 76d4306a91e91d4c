import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { NODE, ROOT } from '../support/paths.js';
import { temporaryFolder } from '../support/server.js';
import { requireService } from '../support/services.js';

/** What is typed, and what the shell makes of it. */
const TYPED: [line: string, offered: string[]][] = [
  ['millrace execu', ['executions']],
  ['millrace executions --stat', ['--status']],
  ['millrace triggers occurrences x --outcome fi', ['filtered', 'fired']],
];

/** A zsh at a terminal, in which the line is typed and the tabulator pressed; shows what it offers, or makes of the line. */
const AT_A_TERMINAL = `
zmodload zsh/zpty
zpty -b shell 'zsh -f -i'
local screen part
see() { until [[ $screen == *$~1* ]]; do zpty -r shell part && screen+=$part; done }
zpty -w shell 'show() { zle -I; print -r -- "LINE-$BUFFER-END" }; zle -N show; bindkey "^T" show'
zpty -w shell 'autoload -Uz compinit; compinit -u -D; source <(millrace completion zsh); print READY-$((1 + 1))'
see READY-2
screen=
# The tabulator, and what the line has become: the screen shows only what has changed.
zpty -w -n shell "$1"$'\\t\\x14'
see 'LINE-*-END'
print -r -- $screen
zpty -d shell
`;

/** Of each run: the command is started for each press of the key. */
const PATIENCE_MS = 120_000;

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(ROOT, 'scripts/millrace.mjs'), join(folder, 'bin/millrace'));
  writeFileSync(join(folder, 'terminal.zsh'), AT_A_TERMINAL);
});

async function run(shell: string, args: readonly string[]): Promise<string> {
  const PATH = `${join(folder, 'bin')}:${join(NODE, '..')}:${process.env['PATH'] ?? ''}`;
  const env = { PATH, HOME: folder, TERM: 'xterm' };
  // Those that show nothing are ended; the test fails then.
  return (await promisify(execFile)(shell, args, { cwd: folder, env, timeout: PATIENCE_MS })).stdout;
}

describe.runIf(requireService('fish'))('completion in fish', { timeout: PATIENCE_MS }, () => {
  it.each(TYPED)('%s', async (line, offered) => {
    const script = `millrace completion fish | source; complete -C ${JSON.stringify(line)}`;
    const lines = (await run('fish', ['--no-config', '-c', script])).trim().split('\n');
    const words = lines.map((each) => each.split('\t')[0]);
    expect(words.sort()).toEqual(expect.arrayContaining(offered));
  });

  it('says what each is for', async () => {
    const script = 'millrace completion fish | source; complete -C "millrace execu"';
    expect(await run('fish', ['--no-config', '-c', script])).toMatch(/^executions\t\w+/m);
  });
});

describe.runIf(requireService('zsh'))('completion in zsh', { timeout: PATIENCE_MS }, () => {
  it.each(TYPED)('%s', async (line, offered) => {
    const screen = await run('zsh', ['-f', 'terminal.zsh', line]);
    for (const word of offered) expect(screen).toContain(word);
  });
});

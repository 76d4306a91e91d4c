export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Each asks the command itself, so that a script stays right when commands are added. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_millrace() {
  local word="\${COMP_WORDS[COMP_CWORD]}" IFS=$'\\n'
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(millrace complete -- "\${words[@]}" 2>/dev/null))
  # "=" divides words in bash: what stands before it is there already.
  if [[ "$word" == *=* ]]; then COMPREPLY=("\${COMPREPLY[@]#*=}"); fi
}
complete -o default -F _millrace millrace
`,
  zsh: `#compdef millrace
_millrace() {
  local -a found
  local line
  for line in "\${(@f)$(millrace complete --described -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n "$line" ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#found} )); then _describe 'millrace' found; else _files; fi
}
if [[ "\${funcstack[1]}" == _millrace ]]; then _millrace "$@"; else compdef _millrace millrace; fi
`,
  fish: `function __millrace_complete
  set -l words (commandline -opc) (commandline -ct)
  millrace complete --described -- $words[2..-1] 2>/dev/null
end
complete -c millrace -a '(__millrace_complete)'
`,
};

export function scriptFor(shell: Shell): string {
  return SCRIPTS[shell];
}

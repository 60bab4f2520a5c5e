import type { ShownCommand, ShownOption } from './shown-command.ts';

/** Shells that can complete. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that has a shell complete commands, actions, options and their values. */
export function renderCompletion(shell: Shell, commands: readonly ShownCommand[]): string {
  return { bash, zsh, fish }[shell](commands);
}

/** Whether a value is the path of something there is. */
const isPath = ({ value, choices }: ShownOption): boolean =>
  value !== null && choices.length === 0 && /\b(?:FILE|DIR|PATH)\b/.test(value);

/** Text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly ShownCommand[]): string {
  const names = commands.map(({ name }) => name);
  const valued = unique(
    commands.flatMap(({ options }) => options.filter(({ value, isOptional }) => value && !isOptional)),
  );
  const chosen = valued.filter(({ choices }) => choices.length > 0);
  const others = valued.filter((option) => option.choices.length === 0 && !isPath(option));
  return `# assay completion bash; in ~/.bashrc: source <(assay completion bash)
_assay() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command=audit at=0 words= i
  for ((i = 1; i < COMP_CWORD; i++)); do [[ \${COMP_WORDS[i]} == -- ]] && return; done
  case \${COMP_WORDS[1]} in ${names.join(' | ')}) ((COMP_CWORD > 1)) && command=\${COMP_WORDS[1]} at=1 ;; esac
  case $before in
${chosen.map(({ name, choices }) => `    ${name}) words='${choices.join(' ')}' ;;`).join('\n')}
    ${unique(valued.filter(isPath))
      .map(({ name }) => name)
      .join(' | ')}) return ;;
    ${others.map(({ name }) => name).join(' | ')}) compopt +o default +o bashdefault; return ;;
    *)
      if [[ $word == -* ]]; then
        case $command in
${commands.map(({ name, options }) => `          ${name}) words='${options.map((option) => option.name).join(' ')}' ;;`).join('\n')}
        esac
      elif ((COMP_CWORD == at + 1)); then
        case $command in
${commands
  .filter(({ actions }) => actions.length > 0)
  .map(({ name, actions }) => `          ${name}) words='${actions.map((action) => action.name).join(' ')}' ;;`)
  .join('\n')}
        esac
        ((at == 0)) && words='${names.join(' ')}'
      fi
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -o default -F _assay assay
`;
}

function zsh(commands: readonly ShownCommand[]): string {
  const described = (shown: readonly ShownCommand[]): string =>
    shown.map(({ name, summary }) => quoted(`${name}:${summary}`)).join(' ');
  return `#compdef assay
# assay completion zsh; as _assay in a folder of $fpath
_assay() {
  local -a names
  if ((CURRENT == 2)); then
    names=(${described(commands)})
    _describe command names
    _files
    return
  fi
  case $words[2] in
${commands
  .map(({ name, options, actions }) => {
    const specs = options.map((option) => `      ${zshOption(option)}`).join(' \\\n');
    const first =
      actions.length === 0 ? '' : ` \\\n      ${quoted(`1:action:(${actions.map((one) => one.name).join(' ')})`)}`;
    return `    ${name})\n    _arguments \\\n${specs}${first} \\\n      '*:file:_files'\n    ;;`;
  })
  .join('\n')}
  esac
}
_assay "$@"
`;
}

function zshOption(option: ShownOption): string {
  const { name, value, isOptional, choices, help } = option;
  const meant = `[${help.replace(/[[\]:\\]/g, '\\$&')}]`;
  if (value === null) return quoted(`*${name}${meant}`);
  const values = choices.length > 0 ? `(${choices.join(' ')})` : isPath(option) ? '_files' : ' ';
  return quoted(
    `*${name}${isOptional ? '=-' : '='}${meant}${isOptional ? '::' : ':'}${value.replace(/[[\]:\\]/g, '\\$&')}:${values}`,
  );
}

function fish(commands: readonly ShownCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const complete = (condition: string, rest: string, meaning: string): string =>
    `complete -c assay -n ${quoted(condition)} ${rest} -d ${quoted(meaning)}`;
  const lines = commands.flatMap(({ name, summary, options, actions }) => {
    const here = `__fish_seen_subcommand_from ${name}`;
    return [
      complete(`not __fish_seen_subcommand_from ${names}`, `-a ${name}`, summary),
      ...actions.map((action) => complete(here, `-a ${action.name}`, action.summary)),
      ...options.map((option) => complete(here, fishOption(option), option.help)),
    ];
  });
  return `# assay completion fish; as ~/.config/fish/completions/assay.fish\n${lines.join('\n')}\n`;
}

function fishOption(option: ShownOption): string {
  const name = `-l ${option.name.slice('--'.length)}`;
  if (option.value === null || option.isOptional) return name;
  if (option.choices.length > 0) return `${name} -x -a ${quoted(option.choices.join(' '))}`;
  return isPath(option) ? `${name} -r -F` : `${name} -x`;
}

/** The first option of each name. */
function unique(options: readonly ShownOption[]): readonly ShownOption[] {
  return [...new Map(options.map((option) => [option.name, option])).values()];
}

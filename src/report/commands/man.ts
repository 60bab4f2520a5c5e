import type { ShownCommand, ShownOption } from './shown-command.ts';

/** The manual page assay(1), for man(1): roff with the macros of man(7). The same for the same commands. */
export function renderMan(version: string, commands: readonly ShownCommand[]): string {
  const lines = [
    `.TH ASSAY 1 "" "assay ${text(version)}"`,
    '.SH NAME',
    'assay \\- verifies who built every dependency of a lockfile, before any of its code runs',
    '.SH SYNOPSIS',
    ...commands.flatMap(({ name, usage }) => [`.B assay ${text(name)}`, ...(usage === '' ? [] : [text(usage)]), '.br']),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH ENVIRONMENT',
    '.TP',
    '.B NO_COLOR, FORCE_COLOR',
    'Whether there is colour; without them, in terminals and in the logs of GitHub and GitLab.',
    '.TP',
    '.B ASSAY_CACHE',
    'The folder of what earlier runs kept; empty for none.',
    '.SH SEE ALSO',
    '.B assay explain',
    'says what a finding means and what to do about it.',
  ];
  return `${lines.join('\n')}\n`;
}

function section(command: ShownCommand): string[] {
  const { name, usage, summary, options, actions, statuses } = command;
  return [
    `.SS assay ${text(`${name} ${usage}`.trim())}`,
    sentence(summary),
    ...options.flatMap(optionLines),
    ...actions.flatMap((action) => [
      '.TP',
      `.B assay ${text(`${name} ${action.name} ${action.usage}`.trim())}`,
      sentence(action.summary),
    ]),
    '.PP',
    'Exit status:',
    ...statuses.flatMap(([status, meaning]) => ['.TP', `.B ${text(status)}`, sentence(meaning)]),
  ];
}

function optionLines({ name, value, isOptional, help }: ShownOption): string[] {
  const shown = value === null ? '' : isOptional ? ` [${value}]` : ` ${value}`;
  return ['.TP', `.B ${text(name + shown)}`, sentence(help)];
}

function sentence(words: string): string {
  return text(`${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`);
}

/** Text of one line that roff takes for nothing else: no request at its start, no escape, hyphens as they are. */
function text(words: string): string {
  return words.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&');
}

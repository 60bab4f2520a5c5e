import { settingOfOption, type UseSetting } from '../../lockfiles/settings/names.ts';
import { isKnown } from '../../lockfiles/settings/tables.ts';
import { escapeText } from '../../report/words/escape.ts';
import { refuse, words } from './programs/grammar.ts';
import { shellCommands } from './shell-words.ts';
import type { Installer, NodeProgram } from './programs/node.ts';

/** A command of a package manager of Node, taken apart. */
export interface NodeCommand {
  readonly installer: Installer;
  /** The subcommand, such as `install`; empty where only options are given. */
  readonly verb: string;
  /** The words after it that are not options. */
  readonly names: readonly string[];
  /** Its options as settings: `--no-x` as `x` with `false`. Those that name its folder are not among them. */
  readonly settings: readonly UseSetting[];
  /** The folder that an option names, as it is written; null without one. */
  readonly folder: string | null;
}

/** An option of npm has any number of leading dashes. */
const NPM_OPTION = /^-+([^=]*)(?:=(.*))?$/s;
const OPTION = /^--?(?:config\.)?([^=]*)(?:=(.*))?$/s;
/** Options of npm of one letter that stand in one word, unless it is an option itself. */
const LETTERS = /^-[acfglmnpqsdhvwyLCSBDEOPH]{2,}$/;

/**
 * Takes the words behind a package manager apart. `isEndedByVerb` where what follows the first word belongs to another
 * program.
 */
export function takeApart(program: NodeProgram, args: readonly string[], isEndedByVerb: boolean): NodeCommand {
  const { installer } = program;
  const isNpm = installer === 'npm';
  const folders = words(program.folder);
  const hasValue = words(program.valued, program.folder, isEndedByVerb ? (program.valuedOfRunner ?? '') : '');
  const settings: UseSetting[] = [];
  const names: string[] = [];
  let folder: string | null = null;
  const queue = isNpm ? args.flatMap(npmLetters) : args;
  for (let at = 0; at < queue.length && !(isEndedByVerb && names.length > 0); at++) {
    const word = queue[at] ?? '';
    const [, written, given] = (isNpm ? NPM_OPTION : OPTION).exec(word) ?? [];
    const name = isNpm && written === 'L' ? 'location' : written;
    if (name === undefined || word === '-') {
      names.push(word);
      continue;
    }
    if (name === '') {
      names.push(...queue.slice(at + 1));
      break;
    }
    const next = queue[at + 1] ?? '';
    const isPair = given === undefined && (hasValue.includes(name) || isSwitch(next));
    if (isPair) at++;
    const value = isPair ? next : (given ?? 'true');
    if (folders.includes(name)) folder = value;
    else settings.push(settingOfOption(name, value));
    // What npm has no use for as a value it takes for a name: `--save=left-pad` installs that.
    if (isNpm && given !== undefined && !hasValue.includes(name) && !isSwitch(given) && word !== '--color=always') {
      names.push(given);
    }
  }
  const [verb = '', ...others] = names;
  return { installer, verb, names: others, settings, folder };
}

function npmLetters(word: string): readonly string[] {
  const isOne = !LETTERS.test(word) || isKnown('npm', word.slice(1)) || /^-(?:d+|ws)$/.test(word);
  return isOne
    ? [word]
    : word
        .slice(1)
        .split(/(?=.)/)
        .map((letter) => `-${letter}`);
}

function isSwitch(word: string): boolean {
  return word === 'true' || word === 'false';
}

/** With what a variable adds to every command line of Bun, as it is written there. */
export function withVariableOptions(
  program: NodeProgram,
  command: NodeCommand,
  env: Readonly<Record<string, string | undefined>>,
): NodeCommand {
  const text = env['BUN_OPTIONS'] ?? '';
  if (program.installer !== 'bun' || text.trim() === '') return command;
  const [first, ...others] = shellCommands(`bun ${text}`) ?? [];
  const given = first?.words.slice(1) ?? [];
  if (given.length === 0 || others.length > 0)
    refuse(`BUN_OPTIONS has more than options (${escapeText(text, 80)}): write them out`);
  const { verb, names, settings, folder } = takeApart(program, given, false);
  return {
    ...command,
    names: [...(verb === '' ? [] : [verb, ...names]), ...command.names],
    settings: [...settings, ...command.settings],
    folder: command.folder ?? folder,
  };
}

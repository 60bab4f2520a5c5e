import { escapeText } from '../../../report/words/escape.ts';
import { UsageError } from '../../exit.ts';

/**
 * What a command does: installs or builds from a lockfile; installs nothing; runs the words behind its options; or
 * takes what no lockfile names.
 */
export type Does = 'locked' | 'plain' | 'runs' | 'resolves';

/** How the command line of a program is read. Whatever is not in it is refused. */
export interface Grammar {
  /**
   * Options of all commands, which may also stand before them, and lead to nothing else than what is locked. `-q` is a
   * switch, `--color=` has any value, `--mod=readonly|vendor` one that this expression is all of; `*` is every option.
   */
  readonly options: string;
  /**
   * Its commands, each row with what they do, their names (one may have two words), and the options of their own:
   * `locked build|pip install: --jobs=`. Without one of those behind an exclamation mark (`!--check`) it resolves.
   */
  readonly verbs: string;
  /** Whether `-name` and `--name` are the same option, as in Go. */
  readonly isGo?: true;
}

/** A command, taken apart. */
export interface Command {
  /** Of two words where there are two; empty where only options are given. */
  readonly verb: string;
  readonly does: Does;
  /** The values of its options by their names as they are written, dashes and all; "true" of a switch. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  /** The other words. */
  readonly names: readonly string[];
  /** What belongs to a program that it starts. */
  readonly rest: readonly string[];
}

/** Ends the reading of a command with why it is not run. Throws UsageError. */
export function refuse(why: string): never {
  throw new UsageError(why);
}

/** Throws UsageError for a command that takes what no lockfile names. */
export function refuseUnlocked(what: string): never {
  return refuse(`${what} may install what no lockfile names yet: run it by itself, then audit what it locked`);
}

type Options = ReadonlyMap<string, RegExp | null>;

/** Marks options of a table of which one must be given. */
const NEEDED = /(?<!\S)!(?=-)/g;

const TABLES = new Map<string, Options>();

/** The options of a table, each with what its value must be; null for a switch. */
function optionsOf(text: string): Options {
  const known = TABLES.get(text);
  if (known !== undefined) return known;
  const made = new Map(
    words(text.replace(NEEDED, '')).map((word) => {
      const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(word) ?? [];
      return [name, value === undefined ? null : new RegExp(`^(?:${value === '' ? '.*' : value})$`, 's')] as const;
    }),
  );
  TABLES.set(text, made);
  return made;
}

interface Row {
  readonly names: readonly string[];
  readonly does: Does;
  readonly options: string;
}

function rowsOf(verbs: string): readonly Row[] {
  return verbs.split(/\n\s*(?=(?:locked|plain|runs|resolves) )/).flatMap((row): readonly Row[] => {
    const [, does, names = '', options = ''] = /^\s*(\w+) ([^:]*)(?::(.*))?$/s.exec(row) ?? [];
    const all = names.split('|').map((name) => name.trim());
    return does === undefined ? [] : [{ names: all, does: does as Does, options }];
  });
}

/** What a command does, by its name; null where the program has none of that name. */
export function verbIn({ verbs }: Grammar, name: string): Row | null {
  return rowsOf(verbs).find(({ names }) => names.includes(name)) ?? null;
}

/** Whether these words begin with a command of the program, past options. */
export function verbAt({ verbs }: Grammar, line: readonly string[]): boolean {
  const first = line.find((word) => !word.startsWith('-')) ?? '';
  return rowsOf(verbs).some(({ names }) => names.some((name) => name.split(' ')[0] === first));
}

/** Reads the words behind a program; `name` is how it is called. Throws UsageError for what its tables do not have. */
export function readCommand(grammar: Grammar, name: string, line: readonly string[]): Command {
  const { options, isGo } = grammar;
  const what = escapeText([name, ...line].join(' '), 200);
  const given = new Map<string, string[]>();
  const names: string[] = [];
  let known = optionsOf(options);
  let needed: readonly string[] = [];
  let verb = '';
  let does: Does = 'plain';
  let at = 0;

  const unknown = (word: string): never =>
    refuse(
      `${what} is given ${escapeText(word, 80)}, with which it may install something else than what was audited: leave it out`,
    );
  const whole = (rest: readonly string[]): Command => {
    const isOn = (option: string): boolean => given.get(option)?.some((value) => value !== 'false') === true;
    if (needed.length > 0 && !needed.some(isOn)) refuseUnlocked(what);
    return { verb, does, given, names, rest };
  };
  const take = (option: string, word: string, value: string | undefined): void => {
    const values = known.get(option);
    if (values === undefined) return unknown(word);
    if (values === null && value !== undefined && !(isGo && /^(?:true|false)$/.test(value))) return unknown(word);
    const said = values === null ? (value ?? 'true') : (value ?? line[++at] ?? unknown(word));
    if (values?.test(said) === false) unknown(`${option}${option.startsWith('--') || isGo ? '=' : ' '}${said}`);
    given.set(option, [...(given.get(option) ?? []), said]);
  };
  const ofWord = (word: string): void => {
    const [, written = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const option = isGo ? written.replace(/^--/, '-') : written;
    if (isGo || word.startsWith('--') || known.has(option)) {
      take(option, word, value);
      return;
    }
    // Several of one letter, the last of which may have its value in the same word.
    for (let i = 1; i < word.length; i += 1) {
      const letter = `-${word[i] ?? ''}`;
      const behind = word.slice(i + 1);
      const hasValue = known.get(letter) instanceof RegExp;
      take(letter, word, hasValue && behind !== '' ? behind.replace(/^=/, '') : undefined);
      if (hasValue) return;
    }
  };

  for (; at < line.length; at += 1) {
    const word = line[at] ?? '';
    if (word === '--' || (isGo && /^--?args$/.test(word))) return whole(line.slice(at + 1));
    if (word.startsWith('-') && word !== '-') ofWord(word);
    else if (verb !== '') {
      names.push(word);
      if (does === 'runs') return whole(line.slice(at));
    } else {
      const pair = `${word} ${line[at + 1] ?? ''}`;
      const isPair = verbIn(grammar, pair) !== null;
      const row = verbIn(grammar, isPair ? pair : word);
      if (row === null) {
        return refuse(
          `${what}: ${escapeText(verbAt(grammar, [word]) ? pair : word, 40)} is not a command of which assay knows that it installs only what is locked: run it by itself, then audit what it locked`,
        );
      }
      ({ does } = row);
      if (isPair) at += 1;
      verb = isPair ? pair : word;
      if (does === 'resolves') return refuseUnlocked(what);
      if (row.options.trim() === '*') return { verb, does, given, names, rest: [] };
      known = optionsOf(`${options} ${row.options}`);
      needed = words(row.options).flatMap((one) => /^!([^=]*)/.exec(one)?.[1] ?? []);
    }
  }
  return whole([]);
}

/** Splits texts into words. */
export function words(...texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.trim().split(/\s+/)).filter((word) => word !== '');
}

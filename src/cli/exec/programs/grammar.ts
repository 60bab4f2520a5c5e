import { escapeText } from '../../../report/words/escape.ts';
import { UsageError } from '../../exit.ts';

/**
 * What a command does: installs or builds from a lockfile; installs nothing; runs the words behind its options; or
 * takes what no lockfile names.
 */
type Does = 'locked' | 'plain' | 'runs' | 'resolves';

/**
 * A command of a program: what it does, and its options that lead to nothing else than what is locked. `-q` is a
 * switch, `--color=` has any value, `--mod=readonly|vendor` one that this expression is all of; `*` is every option.
 */
export type Verb = readonly [does: Does, options?: string];

/** How the command line of a program is read. Whatever is not in it is refused. */
export interface Grammar {
  /** Options of all commands, which may also stand before them. */
  readonly options: string;
  /** Commands by their names, with a stroke between them: `build|b`. One may have two words: `pip install`. */
  readonly verbs: readonly (readonly [names: string, ...verb: Verb])[];
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

const TABLES = new Map<string, Options>();

/** The options of a table, each with what its value must be; null for a switch. */
function optionsOf(text: string): Options {
  const known = TABLES.get(text);
  if (known !== undefined) return known;
  const made = new Map(
    words(text).map((word) => {
      const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(word) ?? [];
      return [name, value === undefined ? null : new RegExp(`^(?:${value === '' ? '.*' : value})$`, 's')] as const;
    }),
  );
  TABLES.set(text, made);
  return made;
}

/** Whether these words begin with a command of the program, past options. */
export function verbAt({ verbs }: Pick<Grammar, 'verbs'>, line: readonly string[]): boolean {
  const first = line.find((word) => !word.startsWith('-')) ?? '';
  return verbs.some(([names]) => names.split('|').some((verb) => verb.split(' ')[0] === first));
}

/** Reads the words behind a program; `name` is how it is called. Throws UsageError for what its tables do not have. */
export function readCommand({ options, verbs, isGo }: Grammar, name: string, line: readonly string[]): Command {
  const what = escapeText([name, ...line].join(' '), 200);
  const given = new Map<string, string[]>();
  const names: string[] = [];
  let known = optionsOf(options);
  let verb = '';
  let does: Does = 'plain';
  let at = 0;

  const unknown = (word: string): never =>
    refuse(
      `${what} is given ${escapeText(word, 80)}, with which it may install something else than what was audited: leave it out`,
    );
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
    if (word === '--') return { verb, does, given, names, rest: line.slice(at + 1) };
    if (word.startsWith('-') && word !== '-') ofWord(word);
    else if (verb !== '') {
      names.push(word);
      if (does === 'runs') return { verb, does, given, names, rest: line.slice(at) };
    } else {
      const pair = `${word} ${line[at + 1] ?? ''}`;
      const rowOf = (one: string): (typeof verbs)[number] | undefined =>
        verbs.find(([all]) => all.split('|').includes(one));
      const isPair = rowOf(pair) !== undefined;
      const row = rowOf(isPair ? pair : word);
      if (row === undefined) {
        return refuse(
          `${what}: ${escapeText(verbAt({ verbs }, [word]) ? pair : word, 40)} is not a command of which assay knows that it installs only what is locked: run it by itself, then audit what it locked`,
        );
      }
      const [, , own = ''] = row;
      [, does] = row;
      if (isPair) at += 1;
      verb = isPair ? pair : word;
      if (does === 'resolves') return refuseUnlocked(what);
      if (own === '*') return { verb, does, given, names, rest: [] };
      known = optionsOf(`${options} ${own}`);
    }
  }
  return { verb, does, given, names, rest: [] };
}

/** Splits texts into words. */
export function words(...texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.trim().split(/\s+/)).filter((word) => word !== '');
}

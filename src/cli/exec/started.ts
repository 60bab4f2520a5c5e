import { basename, isAbsolute, join } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import { refuse, refuseUnlocked, verbAt } from './programs/grammar.ts';
import { shellCommands } from './shell-words.ts';
import { programOf } from './programs/index.ts';
import type { Program } from './programs/program.ts';

/** Where a command is started, and with which variables. */
export interface Start {
  /** The folder as it is written; null for that of the whole command line. */
  readonly within: string | null;
  /** Variables that the command line sets for it; one that it takes away is empty. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the words stand in the text of a shell, which puts others in place of some. */
  readonly isText: boolean;
}

/** A program that is known, as it is started. */
export interface Started extends Start {
  readonly program: Program;
  readonly args: readonly string[];
  readonly depth: number;
}

/** A program that runs what follows it. */
interface Wrapper {
  /** Its options with a value in the next word. */
  readonly valued?: RegExp;
  /** How many words of its own come before what it runs. */
  readonly operands?: number;
  /** The option that changes the folder. */
  readonly chdir?: RegExp;
  /** Whether it passes no variable on, but for what it is told. */
  readonly clears?: (options: readonly string[]) => boolean;
  /** Whether it adds words that nobody sees here. */
  readonly adds?: true;
}

const CHDIR = /^(?:-[CD]|--chdir)(?:=?(.+))?$/s;
const ENV = /^(?:-u|--unset)$/;
/** sudo hands variables on only where it is told to. */
const isClean = (options: readonly string[]): boolean => !options.some((one) => /^(?:-E|--preserve-env)/.test(one));
const WRAPPERS = new Map<string, Wrapper>([
  ['env', { valued: ENV, chdir: CHDIR, clears: (all) => all.some((one) => /^-i|^--ig|^-$/.test(one)) }],
  [
    'sudo',
    { valued: /^(?:-[ugprtTUhR]|--(?:user|group|prompt|role|type|host|chroot))$/, chdir: CHDIR, clears: isClean },
  ],
  ['doas', { valued: /^-[uC]$/, clears: () => true }],
  ['timeout', { valued: /^(?:-[ks]|--kill-after|--signal)$/, operands: 1 }],
  ['nice', { valued: /^(?:-n|--adjustment)$/ }],
  ['ionice', { valued: /^-[cn]$/ }],
  ['stdbuf', { valued: /^-[ioe]$/ }],
  ['time', { valued: /^-[fo]$/ }],
  ['flock', { valued: /^-[wE]$/, operands: 1 }],
  ['taskset', { operands: 1 }],
  ['node', { valued: /^(?:-r|--require|--import|--loader|-C|--conditions)$/ }],
  ['xargs', { valued: /^-[adEILnPs]$/, adds: true }],
  ...['cross-env', 'corepack', 'nohup', 'setsid', 'chronic', 'command', 'exec', 'builtin', 'caffeinate'].map(
    (name) => [name, {}] as const,
  ),
]);
const SHELLS: readonly string[] = ['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'busybox'];
const PYTHON = /^(?:python[\d.]*|py)$/;
/** Programs that run none of their arguments. */
const SAYING =
  /^(?:echo|printf|[ef]?grep|rg|ag|ack|cat|bat|less|ls|which|type|whereis|man|test|\[|rm|cp|mv|mkdir|touch|head|tail|wc|diff)$/;
/** Programs that start each other; more than anybody nests. */
const MAX_DEPTH = 8;

const HERE: Start = { within: null, env: {}, isText: false };

/**
 * The known programs that a command line starts: behind those that run others, in the text that a shell is given, and
 * among the words of a program that is not known, where a command of theirs follows. What a script starts cannot be
 * seen. `own` are the variables that the line is started with. Throws UsageError for what cannot be read.
 */
export function startedIn(
  line: readonly string[],
  own: Readonly<Record<string, string | undefined>>,
  start: Start = HERE,
  depth = 0,
): readonly Started[] {
  if (depth > MAX_DEPTH) {
    refuse(`${escapeText(line.join(' '), 200)} starts too many programs one in another: run the last one by itself`);
  }
  const [word = '', ...args] = line;
  const name = nameOf(word);
  if (start.isText && /[$`]/.test(name)) {
    refuse(`which program ${escapeText(line.join(' '), 200)} starts only the shell knows: write its name out`);
  }
  const program = programOf(name);
  if (program !== null) return [{ ...start, program, args, depth }];
  const wrapper = WRAPPERS.get(name);
  const from = (next: readonly string[], changed: Start): readonly Started[] =>
    startedIn(next, own, changed, depth + 1);
  if (name === 'corepack' && /^(?:use|up)$/.test(args[0] ?? '')) refuseUnlocked(escapeText(line.join(' '), 200));
  if (wrapper !== undefined) {
    const [next, changed] = unwrapped(wrapper, args, start, own);
    const isRun = name === 'corepack' || name === 'node';
    const found = from(isRun ? [withoutVersion(next[0] ?? ''), ...next.slice(1)] : next, changed);
    const [hidden] = wrapper.adds === true ? found : [];
    if (hidden !== undefined) {
      refuse(
        `which words ${escapeText(line.join(' '), 200)} adds cannot be seen: run ${hidden.program.name} by itself`,
      );
    }
    return found;
  }
  if (SHELLS.includes(name)) return ofShell(args, start, from);
  if (name === 'eval') return ofText(args.join(' '), start, from);
  if (PYTHON.test(name)) return from(moduleOf(args), start);
  return SAYING.test(name) ? [] : mentionedIn(args, start, from);
}

type From = (line: readonly string[], start: Start) => readonly Started[];

/** What a wrapper runs, and with what. */
function unwrapped(
  { valued, operands = 0, chdir, clears }: Wrapper,
  args: readonly string[],
  start: Start,
  own: Readonly<Record<string, string | undefined>>,
): readonly [readonly string[], Start] {
  const set: Record<string, string> = {};
  const options: string[] = [];
  let { within } = start;
  let left = operands;
  let at = 0;
  for (; at < args.length; at += 1) {
    const word = args[at] ?? '';
    const [, variable, value = ''] = /^(\w+)=(.*)$/s.exec(word) ?? [];
    const folder = chdir?.exec(word);
    const [, text] = /^(?:-[a-z]*S|--split-string=?)(.*)$/s.exec(chdir === undefined ? '' : word) ?? [];
    if (text !== undefined) return [[...(text || (args[++at] ?? '')).split(/\s+/), ...args.slice(at + 1)], start];
    if (folder !== undefined && folder !== null) within = below(within, folder[1] ?? args[++at] ?? '');
    else if (variable !== undefined) set[variable] = value;
    else if (word === '--') continue;
    else if (word.startsWith('-')) {
      options.push(word);
      if (valued?.test(word) === true) at += 1;
      const unset = /^(?:-u|--unset=?)(.+)$/s.exec(word)?.[1] ?? args[at] ?? '';
      if (/^(?:-u|--unset)/.test(word) && chdir !== undefined && own[unset] !== undefined) set[unset] = '';
    } else if (left > 0) left -= 1;
    else break;
  }
  // sudo keeps the home, or has one of this machine.
  const isGone = (name: string): boolean => clears?.(options) === true && (valued === ENV || name !== 'HOME');
  const gone = Object.fromEntries(Object.keys(own).flatMap((name) => (isGone(name) ? [[name, '']] : [])));
  return [args.slice(at), { ...start, within, env: { ...start.env, ...gone, ...set } }];
}

/** `sh -c TEXT`. A file that a shell runs cannot be seen. */
function ofShell(args: readonly string[], start: Start, from: From): readonly Started[] {
  const at = args.findIndex((word) => /^-[a-z]*c[a-z]*$/i.test(word));
  // What busybox is to be comes first.
  if (at === -1) return SHELLS.includes(args[0] ?? '') ? from(args, start) : [];
  return ofText(args.slice(at + 1).find((word) => !word.startsWith('-')) ?? '', start, from);
}

function ofText(text: string, { within, env }: Start, from: From): readonly Started[] {
  return shellCommands(text).flatMap(({ words, folder, env: own }) => {
    const changed = { within: folder === null ? within : below(within, folder), env: { ...env, ...own }, isText: true };
    return words.length === 0 ? [] : from(words, changed);
  });
}

/** `python -m pip install` is `pip install`, whichever options of Python come before. Nothing where it runs a file. */
function moduleOf(args: readonly string[]): readonly string[] {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    const [, glued] = /^-[A-Za-z]*?m(.*)$/s.exec(word) ?? [];
    if (glued !== undefined) return [...(glued === '' ? [] : [glued]), ...args.slice(at + 1)];
    if (/^-[A-Za-z]*[WX]$/.test(word) || word === '--check-hash-based-pycs') at += 1;
    else if (!word.startsWith('-') || /^-[A-Za-z]*c/.test(word)) return [];
  }
  return [];
}

/** What another program may be given to run: one with a command of its own behind it, and the text of a shell. */
function mentionedIn(args: readonly string[], start: Start, from: From): readonly Started[] {
  for (const [at, word] of args.entries()) {
    if (/\s/.test(word)) {
      const isCommand = shellCommands(word).some(({ words: [first = ''] }) => isStarted(nameOf(first)));
      if (isCommand) return ofText(word, start, from);
      continue;
    }
    const name = nameOf(word);
    const program = programOf(name);
    const rest = args.slice(at);
    if (program !== null ? verbAt(program.grammar, rest.slice(1)) : isStarted(name)) {
      const found = from(rest, start);
      if (found.length > 0) return found;
    }
  }
  return [];
}

function isStarted(name: string): boolean {
  return programOf(name) !== null || WRAPPERS.has(name) || SHELLS.includes(name) || PYTHON.test(name);
}

export function below(within: string | null, folder: string): string {
  return isAbsolute(folder) ? folder : join(within ?? '.', folder);
}

/** `/usr/bin/npm`, `npm.cmd`, `npm-cli.js` and `.yarn/releases/yarn-4.1.0.cjs` by what they are. */
export function nameOf(word: string): string {
  return basename(word.replaceAll('\\', '/'))
    .replace(/\.(?:cmd|exe|ps1|bat|[cm]?js)$/i, '')
    .replace(/^yarn-v?\d.*$/, 'yarn');
}

export function withoutVersion(spec: string): string {
  return spec.replace(/(?<=.)@[^/]*$/s, '');
}

/** Throws UsageError where the folder or a word of a command is one that only a shell can tell. */
export function demandKnown({ within, args, isText, program }: Started): void {
  const what = escapeText([program.name, ...args].join(' '), 200);
  if (/[$~*?`]/.test(within ?? '')) {
    refuse(`in which folder ${what} runs cannot be seen (${escapeText(within ?? '', 80)}): write the folder out`);
  }
  const end = args.indexOf('--');
  const hidden = isText && args.slice(0, end === -1 ? undefined : end).some((word) => /[$`]/.test(word));
  if (hidden) {
    refuse(`${what} has a part that only the shell knows ($, \` or eval): write it out`);
  }
}

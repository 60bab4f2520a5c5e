import { basename, isAbsolute, join } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import { refuse, refuseUnlocked, verbAt, words } from './programs/grammar.ts';
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
  /** What was called on the way, the program itself last. */
  readonly through: readonly string[];
  /** Where Python looks for modules before its own places: in the working folder too, in those of PYTHONPATH alone. */
  readonly imports: 'here' | 'environment' | 'none';
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
  /** Its own words with which it adds words or variables that nobody sees here. */
  readonly adds?: RegExp;
}

/** GNU takes the beginning of a long option for it. */
const CHDIR = /^(?:-[0ivnEHkbAS]*[CD]|--chd?i?r?)(?:=?(.+))?$/s;
const ENV = /^(?:-[0iv]*u|--u[nset]*)$/;
const SPLIT = /^(?:-[0iv]*S|--sp?l?i?t?-?s?t?r?i?n?g?(?:=|$))(.*)$/s;
/** sudo hands variables on only where it is told to. */
const isClean = (options: readonly string[]): boolean => !options.some((one) => /^(?:-E|--preserve-env)/.test(one));
const WRAPPERS = new Map<string, Wrapper>([
  ['env', { valued: ENV, chdir: CHDIR, clears: (all) => all.some((one) => /^-[0v]*i|^--i|^-$/.test(one)) }],
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
  [
    'node',
    {
      valued: /^(?:-r|--require|--import|--loader|-C|--conditions|--env-file(?:-if-exists)?)$/,
      adds: /(?:^| )--env-file/,
    },
  ],
  ['xargs', { valued: /^-[adEILnPs]$/, adds: /^/ }],
  ...['cross-env', 'corepack', 'busybox', 'nohup', 'setsid', 'chronic', 'command', 'exec', 'builtin', 'caffeinate'].map(
    (name) => [name, {}] as const,
  ),
]);
const SHELLS: readonly string[] = ['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh'];
const PYTHON = /^(?:(?:python|pypy|graalpy)w?[\d.]*[td]{0,2}(?:-intel64)?|pyw?)$/;
/** Programs that run none of their arguments. */
const SAYING =
  /^(?:echo|printf|[ef]?grep|rg|ag|ack|cat|bat|less|ls|which|type|whereis|man|test|\[|rm|cp|mv|mkdir|touch|head|tail|wc|diff)$/;
/** Words before a command in control structures. */
const LEADING = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', '!', 'export', 'set', 'eval']);
/** Programs that start each other; more than anybody nests. */
const MAX_DEPTH = 8;

const HERE: Start = { within: null, env: {}, isText: false, through: [], imports: 'environment' };

/**
 * The known programs that a command line starts: behind those that run others, in the text that a shell is given, and
 * among the words of a program that is not known, where a command of theirs follows. What a script starts cannot be
 * seen. `own` are the variables that the line is started with. Throws UsageError for what cannot be read.
 */
export function startedIn(
  line: readonly string[],
  own: Readonly<Record<string, string | undefined>>,
  outer: Start = HERE,
  depth = 0,
): readonly Started[] {
  if (depth > MAX_DEPTH) {
    refuse(`${escapeText(line.join(' '), 200)} starts too many programs one in another: run the last one by itself`);
  }
  const [word = '', ...args] = line;
  const name = nameOf(word);
  const start = { ...outer, through: [...outer.through, word] };
  if (start.isText && (/[$*?]/.test(name) || /\[./.test(name))) {
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
    const [hidden] = wrapper.adds?.test(args.slice(0, args.length - next.length).join(' ')) === true ? found : [];
    if (hidden !== undefined) {
      refuse(
        `which words or variables ${escapeText(line.join(' '), 200)} adds cannot be seen: run ${hidden.program.name} by itself`,
      );
    }
    return found;
  }
  if (SHELLS.includes(name) && isBent({ ...own, ...start.env }, args.join(' '))) demandSeen(args.join(' '));
  if (SHELLS.includes(name)) return ofShell(args, start, from);
  if (name === 'eval') return ofText(args.join(' '), start, from);
  // cargo finds its commands as programs of this name.
  const [, command] = /^cargo-(.+)$/.exec(name) ?? [];
  if (command !== undefined) return from(['cargo', ...(args[0] === command ? [] : [command]), ...args], start);
  if (PYTHON.test(name)) return ofPython(args, start, own, from);
  return SAYING.test(name) ? [] : mentionedIn(/\s/.test(word) ? line : args, start, from);
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
  const queue = [...args];
  let at = 0;
  for (; at < queue.length; at += 1) {
    const word = queue[at] ?? '';
    const [, variable, value = ''] = /^([^-=\s][^=]*)=(.*)$/s.exec(word) ?? [];
    const folder = chdir?.exec(word);
    const [, text] = SPLIT.exec(valued === ENV ? word : '') ?? [];
    if (start.isText && word.includes('$') && variable === undefined) demandSeen(args.join(' '));
    if (text !== undefined) {
      const all = text || (queue[++at] ?? '');
      // It has quotes and variables of its own.
      if (/["'\\$#]/.test(all)) demandSeen(args.join(' '));
      options.push(word);
      queue.splice(at + 1, 0, ...all.trim().split(/\s+/));
    } else if (folder !== undefined && folder !== null) within = below(within, folder[1] ?? queue[++at] ?? '');
    else if (variable !== undefined) set[variable] = value;
    else if (word === '--') continue;
    else if (word.startsWith('-')) {
      options.push(word);
      if (valued?.test(word) === true) at += 1;
      const unset = /^(?:-[0iv]*u|--u[nset]*=)(.+)$/s.exec(word)?.[1] ?? queue[at] ?? '';
      if (valued === ENV && /^(?:-[0iv]*u|--u)/.test(word) && own[unset] !== undefined) set[unset] = '';
    } else if (left > 0) left -= 1;
    else break;
  }
  // sudo keeps the home, or has one of this machine.
  const isGone = (name: string): boolean => clears?.(options) === true && (valued === ENV || name !== 'HOME');
  const gone = Object.fromEntries(Object.keys(own).flatMap((name) => (isGone(name) ? [[name, '']] : [])));
  return [queue.slice(at), { ...start, within, env: { ...start.env, ...gone, ...set } }];
}

/**
 * Whether a variable makes a shell read a text in another way than it is written: where `cd` goes, what is exported,
 * which words are variables, and functions in place of programs (bash(1), ENVIRONMENT).
 */
function isBent(env: Readonly<Record<string, string | undefined>>, text: string): boolean {
  return Object.entries(env).some(([name, value = '']) => {
    const [, called] = /^BASH_FUNC_(.+?)(?:%%|\(\))?$/.exec(name) ?? [];
    if (called !== undefined)
      return isStarted(called) || /^(?:cd|command|builtin|set|unset|export|test|\[)$/.test(called);
    if (name === 'CDPATH') return value !== '' && /\bcd\b/.test(text);
    return name === 'SHELLOPTS' && /keyword|allexport/.test(value);
  });
}

/** `sh -c TEXT`. A file that a shell runs cannot be seen. */
function ofShell(args: readonly string[], start: Start, from: From): readonly Started[] {
  let at = 0;
  let isText = false;
  for (let word = args[at] ?? ''; /^[-+]./.test(word) && word !== '--'; word = args[at] ?? '') {
    const isLong = word.startsWith('--');
    isText ||= !isLong && word.startsWith('-') && word.includes('c');
    // Each o and O takes a word of its own.
    at += isLong ? (/^--(?:rcfile|init-file)$/.test(word) ? 2 : 1) : 1 + word.replace(/[^oO]/g, '').length;
  }
  if (args[at] === '--' || args[at] === '-') at += 1;
  return isText ? ofText(args[at] ?? '', start, from) : [];
}

function ofText(text: string, start: Start, from: From): readonly Started[] {
  const { within, env } = start;
  const commands = shellCommands(text);
  if (commands === null) demandSeen(text);
  return (commands ?? []).flatMap(({ words: line, folder, env: own }) =>
    from(line, {
      ...start,
      within: folder === null ? within : below(within, folder),
      env: { ...env, ...own },
      isText: true,
    }),
  );
}

/** Throws UsageError where a text of which not every program can be told names one that is known. */
function demandSeen(text: string): void {
  const named = text
    .replace(/\\\n|["'\\]/g, '')
    .split(/[^\w.-]+/)
    .map((word) => programOf(nameOf(word.replace(/^-[A-Za-z]*m/, '').replace(/[.-]+$/, ''))))
    .find((program) => program !== null);
  if (named === undefined) return;
  refuse(
    `what ${escapeText(text, 200)} runs cannot be seen, and it names ${named.name}: give assay exec the commands alone, joined by && or ;`,
  );
}

/** What Python runs: `python -m pip install` and `python bin/pip install` are `pip install`. */
function ofPython(
  args: readonly string[],
  start: Start,
  own: Readonly<Record<string, string | undefined>>,
  from: From,
): readonly Started[] {
  const at = targetIn(args);
  const [target = '', ...rest] = args.slice(at);
  const [, glued] = MODULE.exec(target) ?? [];
  if (glued !== undefined) {
    const [module = '', ...words] = glued === '' ? rest : [glued, ...rest];
    // `pip.__main__` is a module of it, and `build` a name that programs of projects have, too.
    const [name = ''] = module.split('.');
    const line = [name === 'build' ? 'pyproject-build' : name, ...words];
    return from(line, { ...start, imports: importsOf(args, { ...own, ...start.env }) });
  }
  if (
    /(?:^|[/\\])setup\.py$/.test(target) &&
    rest.some((word) => /^(?:install|develop|easy_install|test)$/.test(word))
  ) {
    refuseUnlocked(escapeText(['python', ...args].join(' '), 200));
  }
  // The working folder is not where it looks for modules.
  return programOf(nameOf(target))?.kind === 'python' ? from([target, ...rest], start) : [];
}

/** A word of options of Python that ends in -m, with the module where that is in the same word. */
const MODULE = /^-[A-VY-Zabd-ln-z]*m(.*)$/s;

/** Where in its words Python is told what to run, whichever options come before; their number where it is a text. */
function targetIn(args: readonly string[]): number {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (MODULE.test(word)) return at;
    if (/^-[A-VY-Zabd-ln-z]*[WX]$/.test(word) || word === '--check-hash-based-pycs') at += 1;
    else if (!word.startsWith('-')) return at;
    else if (/^-[A-VY-Zabd-ln-z]*c/.test(word)) break;
  }
  return args.length;
}

/** What comes before Python's own modules, by its options and variables. */
function importsOf(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Start['imports'] {
  const end = args.findIndex((word) => /^-[A-VY-Zabd-ln-z]*m/.test(word));
  const options = args.slice(0, end + 1).filter((word) => /^-[^-]/.test(word));
  const letters = options.map((word) => word.slice(1).replace(/[WXm].*$/s, '')).join('');
  if (letters.includes('I')) return 'none';
  const isSafe = letters.includes('P') || (!letters.includes('E') && (env['PYTHONSAFEPATH'] ?? '') !== '');
  return isSafe ? 'environment' : 'here';
}

/** What another program may be given to run: each with a command of its own behind it, and each text of a shell. */
function mentionedIn(args: readonly string[], start: Start, from: From): readonly Started[] {
  return args.flatMap((word, at) => {
    if (/\s/.test(word)) return isCommand(word) ? ofText(word, start, from) : [];
    const name = nameOf(word);
    const program = programOf(name);
    const end = args.indexOf(';', at);
    const rest = args.slice(at, end === -1 ? undefined : end);
    return (program !== null ? verbAt(program.grammar, rest.slice(1)) : isStarted(name)) ? from(rest, start) : [];
  });
}

/** Whether a text has a known program where a shell looks for one. */
function isCommand(text: string): boolean {
  const commands =
    shellCommands(text)?.map(({ words }) => words) ??
    text.split(/[;&|\n(){}`]/).map((part) => words(part.replace(/["'\\]/g, '')));
  return commands.some((all) => isStarted(nameOf(all.find((word) => !/^\w+=/.test(word) && !LEADING.has(word)) ?? '')));
}

function isStarted(name: string): boolean {
  return programOf(name) !== null || WRAPPERS.has(name) || SHELLS.includes(name) || PYTHON.test(name);
}

export function below(within: string | null, folder: string): string {
  return isAbsolute(folder) ? folder : join(within ?? '.', folder);
}

/** `/usr/bin/npm`, `NPM.CMD`, `npm-cli.js`, `pip.pyz` and `.yarn/releases/yarn-4.1.0.cjs` by what they are. */
export function nameOf(word: string): string {
  return basename(word.replaceAll('\\', '/'))
    .toLowerCase()
    .replace(/\.(?:cmd|exe|ps1|bat|[cm]?js|pyz)$/i, '')
    .replace(/^yarn-v?\d.*$/, 'yarn');
}

export function withoutVersion(spec: string): string {
  return spec.replace(/(?<=.)@[^/]*$/s, '');
}

/** What a shell puts something else in place of; a `$` before anything else stands for itself (XCU 2.6). */
const EXPANDED = /\$[\w{(@*#?!$-]|`/;

/** Throws UsageError where the folder or a word of a command is one that only a shell can tell. */
export function demandKnown({ within, args, isText, program }: Started): void {
  const what = escapeText([program.name, ...args].join(' '), 200);
  if (/[$~*?`]/.test(within ?? '')) {
    refuse(`in which folder ${what} runs cannot be seen (${escapeText(within ?? '', 80)}): write the folder out`);
  }
  const end = args.indexOf('--');
  const hidden = isText && args.slice(0, end === -1 ? undefined : end).some((word) => EXPANDED.test(word));
  if (hidden) {
    refuse(`${what} has a part that only the shell knows ($, \` or eval): write it out`);
  }
}

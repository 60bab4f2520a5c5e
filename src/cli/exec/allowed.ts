import { basename } from 'node:path';
import { escapeText } from '../../report/words/escape.ts';
import type { Io } from '../io.ts';
import { words } from './command-words.ts';
import { shellCommands } from './shell-words.ts';

/** The options of a program before its verb, each with whether its value is the next word, and the verbs it may run. */
interface Known {
  readonly name: RegExp;
  readonly flags: readonly string[];
  readonly valued: readonly string[];
  readonly verbs: readonly string[];
}

const PIP: Known = {
  name: /^pip[\d.]*$/,
  flags: [],
  valued: [],
  verbs: words('install list show check freeze help --version'),
};
const UV: Known = { name: /^uv$/, flags: [], valued: [], verbs: words('sync run pip version help --version') };
const CARGO: Known = {
  name: /^cargo$/,
  flags: words('-v -vv -q --verbose --quiet --locked --offline --frozen'),
  valued: ['--color'],
  verbs: words(
    'build b check c test t run r bench doc d rustc rustdoc fetch tree metadata vendor package clean version',
  ).concat(words('clippy fmt help locate-project --version -V')),
};
const KNOWN: readonly Known[] = [PIP, UV, CARGO];
/** Commands of cargo that resolve nothing. */
const PLAIN: readonly string[] = words('clean version --version -V help fmt locate-project');
/** A program whose commands are judged here, anywhere in the text of a shell. */
const NAMED = /\b(?:pip[\d.]*|uv|cargo|go|python[\d.]*)\b/;
const SHELLS = /^(?:sh|bash|dash|ash|zsh|ksh)$/;
/** Variables that lead pip and uv to other files. */
const LEADING =
  /^(?:PIP_(?:REQUIREMENT|CONSTRAINT|EDITABLE|CONFIG_FILE|TARGET)|UV_(?:PROJECT|WORKING_DIR(?:ECTORY)?|CONFIG_FILE))$/;

/**
 * Why the form of a command line is not one that can be judged; null where each known program's verb is understood. The
 * text of a shell may have parts that only the shell knows where it names a package manager of Node, and none of these
 * programs.
 */
export function whyNotUnderstood(line: readonly string[], io: Io, depth = 0): string | null {
  const what = escapeText(line.join(' '), 200);
  if (depth > 8) return `${what} starts too many programs one in another: run the last one by itself`;
  const at = line.findIndex((word) => SHELLS.test(nameOf(word)) || isKnown(word) || isPython(word));
  const before = at === -1 ? line : line.slice(0, at);
  if (nameOf(line[0] ?? '') === 'env' && before.some((word) => /^(?:-\w*S|--split-string)/.test(word))) {
    return `${what} hides a command in one word of env: write its words out`;
  }
  if (at === -1) return null;
  const [program = '', ...args] = line.slice(at);
  if (SHELLS.test(nameOf(program))) {
    const flag = args.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word));
    return flag === -1 ? null : ofText(args[flag + 1] ?? '', io, depth);
  }
  const set = [
    ...Object.entries(io.env).flatMap(([name, value]) => (value ? [name] : [])),
    ...before.map((word) => word.split('=')[0] ?? ''),
  ];
  const led = set.find((name) => LEADING.test(name));
  if (led !== undefined && !/^(?:cargo|go)$/.test(nameOf(program))) {
    return `${led} leads ${what} to other files than those audited: unset it`;
  }
  if (args[0] === '-m' && args[1] === 'pip') return ofKnown(PIP, args.slice(2), what, io, depth);
  if (isPython(program)) return ofPython(args, what);
  const known = KNOWN.find(({ name }) => name.test(nameOf(program)));
  return known === undefined ? null : ofKnown(known, args, what, io, depth);
}

function ofKnown(known: Known, args: readonly string[], what: string, io: Io, depth: number): string | null {
  const { flags, valued, verbs } = known;
  // rustup takes a toolchain before everything else.
  let i = known === CARGO && args[0]?.startsWith('+') === true ? 1 : 0;
  for (; i < args.length; i++) {
    if (valued.includes(args[i] ?? '')) i++;
    else if (!flags.includes(args[i] ?? '') && !(args[i] ?? '').startsWith('--color=')) break;
  }
  const verb = args[i] ?? '';
  if (verb === '') return null;
  if (!verbs.includes(verb)) {
    return `${what}: ${escapeText(verb, 40)} is not a command that assay knows to install only what is locked: put one such as build, sync or install first`;
  }
  if (known === CARGO) return ofCargo(args, i, what);
  if (verb === 'pip') return ofKnown(PIP, args.slice(i + 1), what, io, depth);
  return known === UV && verb === 'run' ? ofUvRun(args.slice(i + 1), what, io, depth) : null;
}

function ofCargo(args: readonly string[], at: number, what: string): string | null {
  const [option = '', verb = ''] = [args[at - 2], args[at]];
  // The checks of each ecosystem read the verb as the first word.
  if (CARGO.valued.includes(option)) return `${what}: give ${option} after ${verb}`;
  if (PLAIN.includes(verb)) return null;
  const end = args.indexOf('--');
  const own = end === -1 ? args : args.slice(0, end);
  return own.includes('--locked') || own.includes('--frozen') ? null : `${what} may write Cargo.lock: tell it --locked`;
}

/** What `uv run` starts, in the environment that it made of the lockfile. */
function ofUvRun(args: readonly string[], what: string, io: Io, depth: number): string | null {
  const takesValue = /^(?:--(?:extra|group|no-group|only-group|no-extra|package|python|env-file)|-p)$/;
  const first = args.findIndex((word, k) => !word.startsWith('-') && !takesValue.test(args[k - 1] ?? ''));
  const own = first === -1 ? args : args.slice(0, first);
  const isScript =
    /\.py$|^https?:/.test(args[first] ?? '') || own.some((word) => word === '-s' || /^--script|^--gui/.test(word));
  if (isScript) {
    return `${what} may read requirements of the script itself, which were not audited: start it as a module (-m)`;
  }
  const start = args.findIndex((word) => isKnown(word) || SHELLS.test(nameOf(word)) || nameOf(word) === 'env');
  if (start === -1) return null;
  const why = whyNotUnderstood(args.slice(start), io, depth + 1);
  return why === null && isKnown(args[start] ?? '')
    ? `${what} starts an installer inside of uv: run it by itself`
    : why;
}

function ofPython(args: readonly string[], what: string): string | null {
  const hidden = args.some(
    (word, i) =>
      /^-[A-Za-z]*mpip/.test(word) || (i > 0 && word === 'pip' && /^-[A-Za-z]*m$/.test(args[i - 1] ?? '') && i > 1),
  );
  return hidden
    ? `${what} starts pip in a form that is not read: python -m pip install --require-hashes -r FILE`
    : null;
}

function ofText(text: string, io: Io, depth: number): string | null {
  if (/[$`]|\beval\b/.test(text) && (!/\b(?:npm|pnpm|yarn|bun|vlt)\b/.test(text) || NAMED.test(text)))
    return `${escapeText(text, 200)} has a part that only the shell knows ($, \` or eval): write it out`;
  for (const { words: line, folder, env } of shellCommands(text)) {
    const own = Object.keys(env).find((name) => /^(?:GO|CARGO|UV_|PIP_)/.test(name));
    const isOurs = line.some((word) => isKnown(word) || nameOf(word) === 'go');
    if (isOurs && own !== undefined) return `${own} is set in the text of a shell: set it for assay exec`;
    const cargo = line.findIndex((word) => nameOf(word) === 'cargo');
    if (cargo !== -1 && folder !== null)
      return `${escapeText(text, 200)} runs cargo in another folder: run assay exec there`;
    const why = whyNotUnderstood(line, io, depth + 1);
    if (why !== null) return why;
  }
  return null;
}

function isKnown(word: string): boolean {
  return KNOWN.some(({ name }) => name.test(nameOf(word)));
}

function isPython(word: string): boolean {
  return /^(?:python[\d.]*|py)$/.test(nameOf(word));
}

function nameOf(word: string): string {
  return basename(word.replaceAll('\\', '/')).replace(/\.exe$/i, '');
}

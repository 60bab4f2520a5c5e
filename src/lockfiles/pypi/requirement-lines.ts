import { LockfileError, quoted } from '../../readers/error.ts';

/** One logical line of a requirements file, without comments, and what it says. */
export interface RequirementLine {
  /** Of its first physical line, 1-based. */
  readonly line: number;
  /** What stands before the first option; empty where the line has only options. */
  readonly requirement: string;
  readonly options: readonly RequirementOption[];
}

export interface RequirementOption {
  readonly name: string;
  readonly value: string;
}

/**
 * Options that pip reads in a file (https://pip.pypa.io/en/stable/reference/requirements-file-format/#supported-options),
 * and whether they take a value. uv knows most of them, and passes over the others.
 */
const OPTIONS: ReadonlyMap<string, boolean> = new Map([
  ['--index-url', true],
  ['--pypi-url', true],
  ['--extra-index-url', true],
  ['--no-index', false],
  ['--constraint', true],
  ['--requirement', true],
  ['--editable', true],
  ['--find-links', true],
  ['--no-binary', true],
  ['--only-binary', true],
  ['--prefer-binary', false],
  ['--require-hashes', false],
  ['--pre', false],
  ['--trusted-host', true],
  ['--use-feature', true],
  ['--hash', true],
  ['--global-option', true],
  ['--config-settings', true],
]);
const SHORT: ReadonlyMap<string, string> = new Map([
  ['-i', '--index-url'],
  ['-c', '--constraint'],
  ['-r', '--requirement'],
  ['-e', '--editable'],
  ['-f', '--find-links'],
  ['-C', '--config-settings'],
]);

/** A hundred times the largest seen. */
const MAX_LINES = 1_000_000;
/** A line of a comment and nothing else. */
const COMMENT_LINE = /^\s*#/;
/** Line ends for Python that are none for uv, and what terminals act on. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const ODD = /[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ufeff]/;
/** What Python takes for the encoding of the file, in one of its first two lines (PEP 263). */
const CODING = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/;

/** Takes a requirements file apart as pip does. Throws `LockfileError` for what pip refuses. */
export function readRequirementLines(file: string, text: string): readonly RequirementLine[] {
  const fail = (line: number | null, problem: string): never => {
    throw new LockfileError(file, line, problem);
  };
  const physical = text.split(/\r\n|\n|\r/);
  if (physical.length > MAX_LINES) fail(null, `has more than ${MAX_LINES} lines; no requirements file has so many`);
  for (const [index, line] of physical.entries()) {
    if (ODD.test(line)) fail(index + 1, 'has control characters, or a line end that not every installer takes for one');
    const coding = index < 2 ? CODING.exec(line)?.[1] : undefined;
    if (coding !== undefined && !/^(?:utf-?8|(?:us-)?ascii)$/i.test(coding)) {
      fail(index + 1, `says that it is written in ${quoted(coding)}; save it as UTF-8`);
    }
  }
  return joined(physical).flatMap(({ line, text: logical }) => {
    const content = withoutComment(logical);
    if (content === '') return [];
    const { requirement, options } = split(content);
    return [{ line, requirement, options: optionsOf(wordsOf(options, line, fail), line, fail) }];
  });
}

/** Joins lines that end in a backslash with the next one. A line that is a comment ends in none, and joins nothing. */
function joined(lines: readonly string[]): readonly { readonly line: number; readonly text: string }[] {
  const found: { line: number; text: string }[] = [];
  let parts: string[] = [];
  let first = 1;
  for (const [index, line] of lines.entries()) {
    if (parts.length === 0) first = index + 1;
    const isComment = COMMENT_LINE.test(line);
    if (line.endsWith('\\') && !isComment) {
      parts.push(withoutBackslashes(line));
      continue;
    }
    found.push({ line: first, text: [...parts, isComment ? ` ${line}` : line].join('') });
    parts = [];
  }
  if (parts.length > 0) found.push({ line: first, text: parts.join('') });
  return found;
}

/** At both ends, as Python's `strip` takes them away. */
function withoutBackslashes(line: string): string {
  let [start, end] = [0, line.length];
  while (line[start] === '\\') start += 1;
  while (end > start && line[end - 1] === '\\') end -= 1;
  return line.slice(start, end);
}

/** A comment begins a line, or follows white space. */
function withoutComment(line: string): string {
  for (let at = line.indexOf('#'); at !== -1; at = line.indexOf('#', at + 1)) {
    if (at === 0 || /\s/.test(line.charAt(at - 1))) return line.slice(0, at).trim();
  }
  return line.trim();
}

/** Options begin at the first word that begins with a hyphen. */
function split(line: string): { readonly requirement: string; readonly options: string } {
  const words = line.split(' ');
  const at = words.findIndex((word) => word.startsWith('-'));
  if (at === -1) return { requirement: line, options: '' };
  return { requirement: words.slice(0, at).join(' ').trim(), options: words.slice(at).join(' ') };
}

type FailAt = (line: number, problem: string) => never;

/** As a POSIX shell takes words apart, without expanding anything. */
function wordsOf(text: string, line: number, fail: FailAt): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote !== null) {
      word ??= '';
      if (char === quote) quote = null;
      else if (char === '\\' && quote === '"' && '"\\'.includes(text.charAt(at + 1))) word += text.charAt((at += 1));
      else word += char;
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else {
      if (char === '\\') at += 1;
      word = (word ?? '') + text.charAt(at);
    }
  }
  if (quote !== null || text.endsWith('\\')) return fail(line, 'has a quote without an end');
  return word === null ? words : [...words, word];
}

function optionsOf(words: readonly string[], line: number, fail: FailAt): readonly RequirementOption[] {
  const found: RequirementOption[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const { name, attached } = nameOf(words[at] ?? '', line, fail);
    if (OPTIONS.get(name) === false) {
      if (attached !== null) fail(line, `${name} takes no value`);
      found.push({ name, value: '' });
      continue;
    }
    const value = attached ?? words[(at += 1)];
    if (value === undefined) return fail(line, `${name} has no value`);
    found.push({ name, value });
  }
  return found;
}

/** `--option=value`, its beginning where no other option has the same, or `-ovalue`. */
function nameOf(word: string, line: number, fail: FailAt): { readonly name: string; readonly attached: string | null } {
  if (!word.startsWith('--')) {
    const name = SHORT.get(word.slice(0, 2));
    if (name === undefined) return fail(line, `${quoted(word)} is no option of a requirements file`);
    return { name, attached: word.length > 2 ? word.slice(2) : null };
  }
  const equals = word.indexOf('=');
  const given = equals === -1 ? word : word.slice(0, equals);
  const names = OPTIONS.has(given) ? [given] : [...OPTIONS.keys()].filter((name) => name.startsWith(given));
  const [name] = names;
  if (name === undefined || names.length > 1 || given === '--') {
    return fail(line, `${quoted(word)} is no option of a requirements file`);
  }
  return { name, attached: equals === -1 ? null : word.slice(equals + 1) };
}

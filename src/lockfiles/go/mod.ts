import { goConventions } from '../../ecosystems/conventions/go.ts';
import { isVersionOf, majorOf } from '../../ecosystems/conventions/go-modules.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { fail, readDirectives, valueOf, type Directive } from './mod-syntax.ts';

/** A module at a version. */
interface ModuleVersion {
  readonly path: string;
  readonly version: string;
}

export interface Requirement extends ModuleVersion {
  readonly isIndirect: boolean;
  readonly line: number;
}

/** What is built in the place of a module: another one, or a folder. */
export interface Replacement {
  readonly path: string;
  /** Null for whatever version is asked for. */
  readonly version: string | null;
  readonly by: ModuleVersion | { readonly folder: string };
  readonly line: number;
}

/** What a go.mod file says (https://go.dev/ref/mod#go-mod-file). */
export interface GoMod {
  readonly module: string;
  readonly go: string | null;
  readonly toolchain: string | null;
  readonly requires: readonly Requirement[];
  readonly replaces: readonly Replacement[];
  readonly excludes: readonly ModuleVersion[];
  /** Of its own versions, both ends included. */
  readonly retracts: readonly { readonly low: string; readonly high: string }[];
  /** Paths of packages. */
  readonly tools: readonly string[];
}

const GO_VERSION = /^[1-9]\d*\.(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))?(?:[a-z]+\d+)?$/;
const TOOLCHAIN = /^(?:default|go1(?:\..*)?)$/s;

/** Reads the go.mod of a project. Throws `LockfileError`, with the line, for what Go refuses or would write anew. */
export function readGoMod(file: string, text: string): GoMod {
  const directives = readDirectives(file, text);
  const all = <T>(verb: string, read: (reader: Reader) => T): readonly T[] =>
    directives.filter((one) => one.verb === verb).map((one) => read(readerOf(file, one)));
  const one = <T>(verb: string, read: (reader: Reader) => T): T | null => {
    const [, second] = directives.filter((each) => each.verb === verb);
    if (second !== undefined) fail(file, second.line, `has a second ${verb} directive`);
    return all(verb, read)[0] ?? null;
  };
  for (const { verb, line } of directives) if (!VERBS.has(verb)) fail(file, line, `${quoted(verb)} is no directive`);
  all('godebug', (reader) => reader.matching(/^[^"'`,=]*=[^"'`,]*$/, 'key=value'));
  all('ignore', (reader) => reader.single());
  const module = one('module', (reader) => reader.single());
  if (module === null) throw new LockfileError(file, null, 'has no module directive');
  const replaces = all('replace', replacementOf);
  refuseConflictingReplacements(file, replaces);
  return {
    module,
    go: one('go', (reader) => reader.matching(GO_VERSION, 'a version of Go, such as 1.23.0')),
    toolchain: one('toolchain', (reader) => reader.matching(TOOLCHAIN, 'a toolchain, such as go1.23.0')),
    requires: all('require', requirementOf),
    replaces,
    excludes: all('exclude', (reader) => reader.moduleVersion(reader.directive.words)),
    retracts: all('retract', retractionOf),
    tools: all('tool', (reader) => reader.single()),
  };
}

const VERBS: ReadonlySet<string> = new Set([
  ...['module', 'go', 'toolchain', 'godebug', 'require', 'exclude', 'replace', 'retract', 'tool', 'ignore'],
]);

interface Reader {
  readonly directive: Directive;
  readonly refuse: (problem: string) => never;
  readonly value: (word: string) => string;
  /** The only word, as a value. */
  readonly single: () => string;
  /** The only word, as it stands there. */
  readonly matching: (pattern: RegExp, what: string) => string;
  readonly moduleVersion: (words: readonly string[]) => ModuleVersion;
  readonly version: (word: string | undefined) => string;
}

function readerOf(file: string, directive: Directive): Reader {
  const { verb, words, line } = directive;
  const refuse = (problem: string): never => fail(file, line, `${verb}: ${problem}`);
  const value = (word: string): string => valueOf(file, line, word);
  const only = (what: string): string => {
    const [word] = words;
    return word !== undefined && words.length === 1 ? word : refuse(`is not followed by ${what} alone`);
  };
  const version = (word: string | undefined): string => {
    const text = value(word ?? refuse('has no version where one belongs'));
    return goConventions.versions.parse(text) === null
      ? refuse(`${quoted(text)} is not a version as Go writes it, such as v1.2.3; run go mod tidy`)
      : text;
  };
  return {
    directive,
    refuse,
    value,
    version,
    single: () => value(only('one word')),
    matching: (pattern, what) => {
      const word = only(what);
      return pattern.test(word) ? word : refuse(`${quoted(word)} is not ${what}`);
    },
    moduleVersion: ([name, at, ...rest]) => {
      if (name === undefined || at === undefined || rest.length > 0) return refuse('is not a module and its version');
      const found = { path: value(name), version: version(at) };
      const { path } = found;
      if (majorOf(path) === null) return refuse(`${quoted(path)} ends with what is no major version`);
      if (!isVersionOf(path, found.version)) return refuse(`${found.version} is no version of ${quoted(path)}`);
      return found;
    },
  };
}

function requirementOf({ directive, moduleVersion }: Reader): Requirement {
  const { words, isIndirect, line } = directive;
  return { ...moduleVersion(words), isIndirect, line };
}

/** `PATH [VERSION] => FOLDER` or `PATH [VERSION] => PATH VERSION`. */
function replacementOf({ directive, refuse, value, version, moduleVersion }: Reader): Replacement {
  const { words, line } = directive;
  const arrow = words[1] === '=>' ? 1 : 2;
  const [name, at] = words;
  const [target, targetVersion, ...rest] = words.slice(arrow + 1);
  if (name === undefined || words[arrow] !== '=>' || target === undefined || rest.length > 0) {
    return refuse('is not a module, "=>", and what is in its place');
  }
  const path = value(name);
  if (majorOf(path) === null) return refuse(`${quoted(path)} ends with what is no major version`);
  const replaced = { path, version: arrow === 1 || at === undefined ? null : moduleVersion([name, at]).version, line };
  const by = value(target);
  if (targetVersion === undefined) {
    if (!isFolder(by)) return refuse(`${quoted(by)} is neither a folder nor a module with its version`);
    if (by.includes('\\')) return refuse(`${quoted(by)} has a backslash; write it with slashes`);
    return { ...replaced, by: { folder: by } };
  }
  if (isFolder(by)) return refuse(`${quoted(by)} is a folder and cannot have a version`);
  return { ...replaced, by: { path: by, version: version(targetVersion) } };
}

/** Go stops where two directives put different things in the place of the same module at the same version. */
function refuseConflictingReplacements(file: string, replaces: readonly Replacement[]): void {
  const known = new Map<string, string>();
  for (const { path, version, by, line } of replaces) {
    const [key, value] = [JSON.stringify([path, version]), JSON.stringify(by)];
    if ((known.get(key) ?? value) !== value) fail(file, line, `replace: ${quoted(path)} has another replacement above`);
    known.set(key, value);
  }
}

/** By how it begins, on any system: `.`, `..`, `/`, `\` or a drive. */
function isFolder(path: string): boolean {
  return /^(?:\.{1,2}(?:[/\\]|$)|[/\\]|[A-Za-z]:)/.test(path);
}

/** `VERSION` or `[ VERSION , VERSION ]`. */
function retractionOf({ directive, refuse, version }: Reader): { readonly low: string; readonly high: string } {
  const { words } = directive;
  if (words.length === 1 && words[0] !== '[') return { low: version(words[0]), high: version(words[0]) };
  const [open, low, comma, high, close, ...rest] = words;
  if (open !== '[' || comma !== ',' || close !== ']' || rest.length > 0) {
    return refuse('is neither a version nor two of them in brackets');
  }
  return { low: version(low), high: version(high) };
}

import { goConventions } from '../../ecosystems/conventions/go.ts';
import { isVersionOf, majorOf } from '../../ecosystems/conventions/go-modules.ts';
import { quoted } from '../../readers/error.ts';
import { fail, readDirectives, valueOf, type Directive } from './mod-syntax.ts';

/** A module at a version. */
export interface ModuleVersion {
  readonly path: string;
  readonly version: string;
}

/** What is built in the place of a module: another one, or a folder. */
export interface Replacement {
  readonly path: string;
  /** Null for whatever version is asked for. */
  readonly version: string | null;
  readonly by: ModuleVersion | { readonly folder: string };
  readonly line: number;
}

export const GO_VERSION = /^[1-9]\d*\.(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))?(?:[a-z]+\d+)?$/;
export const TOOLCHAIN = /^(?:default|go1(?:\..*)?)$/s;

/** The directives of a file. */
export interface Verbs {
  readonly blocks: ReadonlySet<string>;
  readonly lines: ReadonlySet<string>;
}

interface Reading {
  readonly all: <T>(verb: string, read: (reader: Reader) => T) => readonly T[];
  readonly one: <T>(verb: string, read: (reader: Reader) => T) => T | null;
}

/** Reads a file by its directives. Throws `LockfileError` for others, but where `verbs` is null. */
export function reading(file: string, text: string, verbs: Verbs | null): Reading {
  const directives = readDirectives(file, text, verbs?.blocks ?? null);
  for (const { verb, line } of directives) {
    if (verbs !== null && !verbs.blocks.has(verb) && !verbs.lines.has(verb))
      fail(file, line, `has a first word that is no directive`);
  }
  const all = <T>(verb: string, read: (reader: Reader) => T): readonly T[] =>
    directives.filter((one) => one.verb === verb).map((one) => read(readerOf(file, one)));
  const one = <T>(verb: string, read: (reader: Reader) => T): T | null => {
    const [, second] = directives.filter((each) => each.verb === verb);
    if (second !== undefined) fail(file, second.line, `has a second ${verb} directive`);
    return all(verb, read)[0] ?? null;
  };
  return { all, one };
}

export interface Reader {
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

/** `PATH [VERSION] => FOLDER` or `PATH [VERSION] => PATH VERSION`. */
export function replacementOf({ directive, refuse, value, version, moduleVersion }: Reader): Replacement {
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
export function refuseConflictingReplacements(file: string, replaces: readonly Replacement[]): void {
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

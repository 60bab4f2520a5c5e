import { goConventions } from '../../ecosystems/conventions/go.ts';
import { isModulePath } from '../../ecosystems/conventions/go-modules.ts';
import { quoted } from '../../readers/error.ts';
import { fail } from './mod-syntax.ts';
import type { GoMod } from './mod.ts';
import type { Replacement } from './rules.ts';
import { wordsOf } from './text.ts';

/** A module of vendor/modules.txt (https://go.dev/ref/mod#vendoring). */
export interface VendoredModule {
  readonly path: string;
  /** Null for a replacement of whatever version. */
  readonly version: string | null;
  readonly by: Replacement['by'] | null;
  /** Whether a go.mod requires it by name. */
  readonly isExplicit: boolean;
  readonly go: string | null;
  /** Import paths of the packages that were copied. */
  readonly packages: readonly string[];
  /** 1-based. */
  readonly line: number;
}

export interface ModulesTxt {
  readonly isWorkspace: boolean;
  readonly modules: readonly VendoredModule[];
}

interface Growing extends VendoredModule {
  isExplicit: boolean;
  go: string | null;
  readonly packages: string[];
}

/**
 * Reads vendor/modules.txt. The go command passes over what it does not understand; here it is refused, as is a package
 * or a module that is there twice. Throws `LockfileError`, with the line.
 */
export function readModulesTxt(file: string, text: string): ModulesTxt {
  const modules = new Map<string, Growing>();
  const packages = new Set<string>();
  let isWorkspace = false;
  let current: Growing | null = null;
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    if (content === '') continue;
    if (content.startsWith('## ')) {
      if (current === null && content === '## workspace' && line === 1) isWorkspace = true;
      else if (current === null) fail(file, line, 'has marks of no module');
      else annotate(file, line, content.slice(3), current);
    } else if (content.startsWith('# ')) {
      current = moduleOf(file, line, wordsOf(content).slice(1));
      const key = JSON.stringify([current.path, current.version]);
      if (modules.has(key)) fail(file, line, `${quoted(current.path)} is there twice`);
      modules.set(key, current);
    } else {
      const owner = current ?? fail(file, line, 'has a package of no module');
      if (!isImportPath(content)) fail(file, line, 'is not the path of a package');
      if (content !== owner.path && !content.startsWith(`${owner.path}/`)) {
        fail(file, line, `${quoted(content)} is no package of ${quoted(owner.path)}`);
      }
      if (owner.version === null) fail(file, line, `${quoted(owner.path)} has packages and no version`);
      if (packages.has(content)) fail(file, line, `${quoted(content)} is there twice`);
      packages.add(content);
      owner.packages.push(content);
    }
  }
  return { isWorkspace, modules: [...modules.values()] };
}

/** `PATH VERSION`, `PATH VERSION => TARGET` or `PATH => TARGET`, the target being a folder or a module's version. */
function moduleOf(file: string, line: number, words: readonly string[]): Growing {
  const [path = '', ...rest] = words;
  const arrow = rest.indexOf('=>');
  const own = arrow === -1 ? rest : rest.slice(0, arrow);
  const target = arrow === -1 ? [] : rest.slice(arrow + 1);
  const [version = null] = own;
  const [by, byVersion] = target;
  const isOdd = own.length > 1 || (arrow === -1 ? version === null : by === undefined) || target.length > 2;
  if (isOdd) return fail(file, line, 'is not a module, its version, and what is in its place');
  for (const one of [version, byVersion ?? null]) {
    if (one !== null && goConventions.versions.parse(one) === null) {
      fail(file, line, `${quoted(one)} is not a version as Go writes it`);
    }
  }
  if (!isImportPath(path)) fail(file, line, `${quoted(path)} is not the path of a module`);
  if (by !== undefined && byVersion !== undefined && !isModulePath(by)) {
    fail(file, line, `${quoted(by)} is not the path of a module`);
  }
  const replacement =
    by === undefined ? null : byVersion === undefined ? { folder: by } : { path: by, version: byVersion };
  return { path, version, by: replacement, isExplicit: false, go: null, packages: [], line };
}

/** Marks with semicolons between them; others than these are kept for later by Go and say nothing. */
function annotate(file: string, line: number, text: string, module: Growing): void {
  for (const mark of text.split(';').map((one) => wordsOf(one).join(' '))) {
    const [, version] = /^go (\d+\.\d[\w.]*)$/.exec(mark) ?? [];
    if (mark === 'explicit') module.isExplicit = true;
    else if (version !== undefined) module.go = version;
    else fail(file, line, 'has a mark that Go does not write');
  }
}

/** Elements of letters, digits and some punctuation, none of dots only. */
function isImportPath(path: string): boolean {
  return path.split('/').every((one) => /^[A-Za-z0-9+._~-]+$/.test(one) && !one.endsWith('.')) && !path.startsWith('-');
}

/** One way in which modules.txt and go.mod contradict each other. `go build` stops at each. */
export interface Inconsistency {
  readonly path: string;
  readonly version: string | null;
  readonly problem: 'not-explicit' | 'not-required' | 'not-replaced' | 'replaced-otherwise' | 'not-replaced-in-go-mod';
}

/**
 * What `go build -mod=vendor` holds modules.txt to. Replacements are those that count, of a workspace with folders
 * relative to it.
 */
export function inconsistenciesOf(
  { modules }: ModulesTxt,
  { requires, replaces, go }: Pick<GoMod, 'requires' | 'replaces' | 'go'>,
): readonly Inconsistency[] {
  const keyOf = (path: string, version: string | null): string => JSON.stringify([path, version]);
  const vendored = new Map(modules.map((one) => [keyOf(one.path, one.version), one]));
  const required = new Set(requires.map(({ path, version }) => keyOf(path, version)));
  const replaced = new Map(replaces.map((one) => [keyOf(one.path, one.version), one]));
  const found: Inconsistency[] = [];
  const add = (
    problem: Inconsistency['problem'],
    { path, version }: Pick<VendoredModule, 'path' | 'version'>,
  ): void => {
    found.push({ path, version, problem });
  };
  // Before Go 1.14 modules.txt had neither marks nor replacements that nothing was copied of.
  const isOld = go === null || /^1\.(?:\d|1[0-3])(?:\D|$)/.test(go);
  for (const one of requires) {
    if (isOld) {
      const others = modules.filter(({ path, packages }) => path === one.path && packages.length > 0);
      if (others.some(({ version }) => version !== one.version)) add('not-explicit', one);
    } else if (vendored.get(keyOf(one.path, one.version))?.isExplicit !== true) add('not-explicit', one);
  }
  for (const one of replaced.values()) {
    const by = vendored.get(keyOf(one.path, one.version))?.by ?? null;
    const isLeftOut = isOld && vendored.get(keyOf(one.path, one.version)) === undefined;
    if (by === null && !isLeftOut) add('not-replaced', one);
    else if (by !== null && JSON.stringify(by) !== JSON.stringify(one.by)) add('replaced-otherwise', one);
  }
  for (const one of modules) {
    if (one.isExplicit && one.packages.length > 0 && !required.has(keyOf(one.path, one.version))) {
      add('not-required', one);
    }
    const counts = replaced.has(keyOf(one.path, one.version)) || replaced.has(keyOf(one.path, null));
    if (one.by !== null && !counts) add('not-replaced-in-go-mod', one);
  }
  return found;
}

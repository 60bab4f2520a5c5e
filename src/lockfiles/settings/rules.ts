import { posix } from 'node:path';
import { cacheSpecOf, specOfCacheKey } from './yarn-cache-key.ts';
import { isSwitchedOff, isSwitchedOn, settingName, type UseSetting } from './names.ts';

/** What decides, beside the settings, which lockfile is read. */
export interface UsePlace {
  /** Whether a path of a setting leads to another folder than the lockfile's. */
  readonly isElsewhere: (path: string) => boolean;
  /** Names of what is beside it. */
  readonly names: readonly string[];
}

/** Whether a setting makes the package manager not read its lockfile. */
export type UseRule = (text: string, place: UsePlace) => boolean;

export const isFolderElsewhere: UseRule = (text, { isElsewhere }) => isElsewhere(text);
export const isGlobal: UseRule = (text) => text === 'global';
export const isSet: UseRule = (text) => text !== '';
export const isNot =
  (usual: string): UseRule =>
  (text) =>
    text !== usual;

/** What pnpm takes for the lockfile of a branch, whose dots stand for any letter. */
const PNPM_BRANCH = /^pnpm-lock..+yaml$/;
export const hasBranches: UseRule = (_, { names }) => names.some((name) => PNPM_BRANCH.test(name));
export const readsBranches: UseRule = (text, place) => hasBranches(text, place) && isSwitchedOn(text);

/**
 * Says which folder is installed from as it is; null where hashes are not compared; undefined where the setting changes
 * nothing.
 */
export type BytesRule = (value: string, cacheKey: string | null) => string | null | undefined;

export const store: BytesRule = (value) => (value === '?' ? undefined : value);
/** In node_modules it is where it always is. */
export const storeOutside: BytesRule = (value) =>
  value === '?' || /(?:^|[/\\])node_modules(?:[/\\]|$)/.test(value) ? undefined : value;
export const bunStore: BytesRule = (value) => posix.join(value, 'install/cache');
export const comparesNothing =
  (counts: (value: string) => boolean): BytesRule =>
  (value) =>
    counts(value) ? null : undefined;
/** Archives of another cache than the lockfile's are made anew. */
export const otherCache: BytesRule = (value, cacheKey) =>
  cacheKey === null || specOfCacheKey(cacheKey) === cacheSpecOf(value) ? undefined : null;

/** What runs in an installation beside what the lockfile names. */
export interface OtherCode {
  readonly code: 'repository' | 'fetched';
  /** As most projects of this package manager have it. */
  readonly isUsual: boolean;
}

/** What has to be known beside a setting. */
export interface CodePlace {
  /** Whether a path of a setting leads into the repository. */
  readonly isInRepository: (path: string) => boolean;
  readonly settings: readonly UseSetting[];
  /** Whether the lockfile locks a package of this name from a registry. */
  readonly isLocked: (name: string) => boolean;
}

export type CodeRule = (value: string, place: CodePlace) => OtherCode | null;

export const OF_REPOSITORY: OtherCode = { code: 'repository', isUsual: false };
const FETCHED: OtherCode = { code: 'fetched', isUsual: false };

/** What a path begins with that leads to the same place from every folder. */
export const ABSOLUTE = /^(?:[/\\~$]|[a-z]:[/\\])/i;

/**
 * A program or folder by its path; a program by its name alone is the machine's. Install scripts take a path from the
 * folder of their package, so that any relative one may lead into the repository.
 */
export const path: CodeRule = (value, { isInRepository }) => {
  const isPath = /[/\\]|^\.\.?$/.test(value) && !/^[a-z][\w+.-]+:/i.test(value);
  return isPath && (!ABSOLUTE.test(value) || isInRepository(value)) ? OF_REPOSITORY : null;
};

const address: CodeRule = (value) => (/^https?:/i.test(value) ? FETCHED : null);
export const pathOrAddress: CodeRule = (value, place) => path(value, place) ?? address(value, place);

/** A word that becomes a part of the address of a binary, which a slash makes another one. */
const wordOfAddress: CodeRule = (value) => (/[/\\]|%2f/i.test(value) ? FETCHED : null);

/** Options by which Node runs or loads something before a script. */
const LOADS =
  /(?:^|\s)["']?(?:-r|--require|--import|--(?:experimental-)?loader|--env-file(?:-if-exists)?|--experimental-config-file|--openssl-config)(?=[\s="']|$)/;
export const nodeOptions: CodeRule = (value) => (LOADS.test(value) ? OF_REPOSITORY : null);

/** What npm hands on to install scripts, and node-gyp, node-pre-gyp and prebuild-install take from it. */
export const SCRIPTS: Readonly<Record<string, CodeRule>> = {
  'script-shell': path,
  'node-options': nodeOptions,
  'node-gyp': path,
  python: path,
  make: path,
  solution: path,
  // Headers, of which common.gypi may run commands, and the folder that is built.
  nodedir: path,
  devdir: path,
  directory: path,
  tarball: pathOrAddress,
  download: pathOrAddress,
  ...Object.fromEntries(
    ['target', 'runtime', 'arch', 'platform', 'libc', 'target-arch', 'target-platform', 'target-libc', 'toolset'].map(
      (name) => [name, wordOfAddress],
    ),
  ),
};

/**
 * Addresses that are not those of binaries. Every other one that is handed on may be where an install script downloads
 * from; what stands within another setting, or is for one host or scope, is not handed on.
 */
const NO_BINARIES = /[.:/]|(?:^|-)registry$|^(?:https?-)?proxy$|^(?:no-?proxy|init-author-url)$/;

/** The rule of a setting that is handed on and has none of its own. */
export function handedOn(name: string): CodeRule | undefined {
  if (NO_BINARIES.test(name)) return undefined;
  return name.endsWith('-local-prebuilds') ? path : address;
}

/** pnpm fetches this Node to run everything with, from where a mirror says, and holds it to nothing of the lockfile. */
export const ownNode: CodeRule = (_, { settings }) => ({
  code: 'fetched',
  isUsual: !settings.some(([key]) => /^node-(?:mirror:|download-mirrors\.)/.test(settingName(key))),
});

export const pnpmfile: CodeRule = (value) =>
  value === '' ? null : { code: 'repository', isUsual: /^(?:\.\/)?\.?pnpmfile\.[cm]?js$/.test(value) };

export const yarnRelease: CodeRule = (value) => ({
  code: 'repository',
  isUsual: /^(?:\.[/\\])?\.yarn[/\\](?:releases[/\\]yarn-[\w.-]+|plugins[/\\][\w@.+/\\-]+)\.c?js$/.test(value),
});

/** Bun loads it before it installs the rest: a file, or a package, which is judged as any other where it is locked. */
export const scanner: CodeRule = (value, { isLocked }) => (value === '' || isLocked(value) ? null : OF_REPOSITORY);

export const whereOn: CodeRule = (value) => (value === '' || isSwitchedOff(value) ? null : OF_REPOSITORY);
export const ofRepository: CodeRule = (value) => (value === '' ? null : OF_REPOSITORY);
/** What is fetched is not in the lockfile. */
export const fetches: CodeRule = (value) => (value === '' || isSwitchedOff(value) ? null : FETCHED);

/** The first line of the file that every program of the project loads: what stands in a second one is code. */
export const shebang: CodeRule = (value) => (/^(?:#!)?[^\n\r\u2028\u2029\\]*$/.test(value) ? null : OF_REPOSITORY);
export const shebangWithMark: CodeRule = (value, place) =>
  value === '' || value.startsWith('#!') ? shebang(value, place) : OF_REPOSITORY;

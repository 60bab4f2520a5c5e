import type { UseSetting } from './names.ts';

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

export type Rule = (value: string, place: CodePlace) => OtherCode | null;

export const OF_REPOSITORY: OtherCode = { code: 'repository', isUsual: false };
const FETCHED: OtherCode = { code: 'fetched', isUsual: false };

/** What a path begins with that leads to the same place from every folder. */
export const ABSOLUTE = /^(?:[/\\~$]|[a-z]:[/\\])/i;

/**
 * A program or folder by its path; a program by its name alone is the machine's. Install scripts take a path from the
 * folder of their package, so that any relative one may lead into the repository.
 */
export const path: Rule = (value, { isInRepository }) => {
  const isPath = /[/\\]|^\.\.?$/.test(value) && !/^[a-z][\w+.-]+:/i.test(value);
  return isPath && (!ABSOLUTE.test(value) || isInRepository(value)) ? OF_REPOSITORY : null;
};

const address: Rule = (value) => (/^https?:/i.test(value) ? FETCHED : null);
export const pathOrAddress: Rule = (value, place) => path(value, place) ?? address(value, place);

/** A word that becomes a part of the address of a binary, which a slash makes another one. */
const wordOfAddress: Rule = (value) => (/[/\\]|%2f/i.test(value) ? FETCHED : null);

/** Options by which Node runs or loads something before a script. */
const LOADS =
  /(?:^|\s)["']?(?:-r|--require|--import|--(?:experimental-)?loader|--env-file(?:-if-exists)?|--experimental-config-file|--openssl-config)(?=[\s="']|$)/;
export const nodeOptions: Rule = (value) => (LOADS.test(value) ? OF_REPOSITORY : null);

/** What npm hands on to install scripts, and node-gyp, node-pre-gyp and prebuild-install take from it. */
export const SCRIPTS: Readonly<Record<string, Rule>> = {
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
export function handedOn(name: string): Rule | undefined {
  if (NO_BINARIES.test(name)) return undefined;
  return name.endsWith('-local-prebuilds') ? path : address;
}

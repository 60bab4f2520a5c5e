import type { PackageManager } from '../../model/dependency.ts';
import { nameOf, settingName, textsOf, type UseSetting } from './names.ts';

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

type Rule = (value: string, place: CodePlace) => OtherCode | null;

const OF_REPOSITORY: OtherCode = { code: 'repository', isUsual: false };
const FETCHED: OtherCode = { code: 'fetched', isUsual: false };

/** What a path begins with that leads to the same place from every folder. */
const ABSOLUTE = /^(?:[/\\~$]|[a-z]:[/\\])/i;

/**
 * A program or folder by its path; a program by its name alone is the machine's. Install scripts take a path from the folder of
 * their package, so that any relative one may lead into the repository.
 */
const path: Rule = (value, { isInRepository }) => {
  const isPath = /[/\\]|^\.\.?$/.test(value) && !/^[a-z][\w+.-]+:/i.test(value);
  return isPath && (!ABSOLUTE.test(value) || isInRepository(value)) ? OF_REPOSITORY : null;
};

const address: Rule = (value) => (/^https?:/i.test(value) ? FETCHED : null);
const pathOrAddress: Rule = (value, place) => path(value, place) ?? address(value, place);

/** A word that becomes a part of the address of a binary, which a slash makes another one. */
const wordOfAddress: Rule = (value) => (/[/\\]|%2f/i.test(value) ? FETCHED : null);

/** Options by which Node runs or loads something before a script. */
const LOADS =
  /(?:^|\s)["']?(?:-r|--require|--import|--(?:experimental-)?loader|--env-file(?:-if-exists)?|--experimental-config-file|--openssl-config)(?=[\s="']|$)/;
const nodeOptions: Rule = (value) => (LOADS.test(value) ? OF_REPOSITORY : null);

/** pnpm fetches this Node to run everything with, from where a mirror says, and holds it to nothing of the lockfile. */
const ownNode: Rule = (_, { settings }) => ({
  code: 'fetched',
  isUsual: !settings.some(([key]) => /^node-(?:mirror:|download-mirrors\.)/.test(settingName(key))),
});

const pnpmfile: Rule = (value) =>
  value === '' ? null : { code: 'repository', isUsual: /^(?:\.\/)?\.?pnpmfile\.[cm]?js$/.test(value) };

const yarnRelease: Rule = (value) => ({
  code: 'repository',
  isUsual: /^(?:\.[/\\])?\.yarn[/\\](?:releases[/\\]yarn-[\w.-]+|plugins[/\\][\w@.+/\\-]+)\.c?js$/.test(value),
});

/** Bun loads it before it installs the rest: a file, or a package, which is judged as any other where it is locked. */
const scanner: Rule = (value, { isLocked }) => (value === '' || isLocked(value) ? null : OF_REPOSITORY);

const isOn: Rule = (value) => (value === '' || value === 'false' ? null : OF_REPOSITORY);

/** What npm hands on to install scripts, and node-gyp, node-pre-gyp and prebuild-install take from it. */
const SCRIPTS: Readonly<Record<string, Rule>> = {
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

const RULES: Readonly<Record<PackageManager, Readonly<Record<string, Rule>>>> = {
  npm: { ...SCRIPTS, git: path },
  pnpm: {
    ...SCRIPTS,
    'use-node-version': ownNode,
    'execution-env.node-version': ownNode,
    pnpmfile,
    'global-pnpmfile': pnpmfile,
  },
  'yarn-classic': { ...SCRIPTS, 'yarn-path': yarnRelease },
  yarn: { 'yarn-path': yarnRelease, plugin: yarnRelease, 'enable-constraints-checks': isOn },
  bun: { 'install.security.scanner': scanner },
  vlt: { 'script-shell': path, 'node-options': nodeOptions },
};

/** Variables of the files that a package manager takes into the environment of scripts. */
const VARIABLES: Readonly<Record<string, Rule>> = { 'node-options': nodeOptions };

/**
 * Addresses that are not those of binaries. Every other one that is handed on may be where an install script downloads from;
 * what stands within another setting, or is for one host or scope, is not handed on.
 */
const NO_BINARIES = /[.:/]|(?:^|-)registry$|^(?:https?-)?proxy$|^(?:no-?proxy|init-author-url)$/;
const HANDS_ON: readonly PackageManager[] = ['npm', 'pnpm', 'yarn-classic'];

/** What a setting of the project adds to what runs in an installation; null for nothing. */
export function otherCode(manager: PackageManager, [key, value]: UseSetting, place: CodePlace): OtherCode | null {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return null;
  const name = nameOf(manager, key);
  const rules = manager === 'bun' || manager === 'yarn' ? { ...RULES[manager], ...VARIABLES } : RULES[manager];
  const rule = Object.hasOwn(rules, name) ? rules[name] : handedOn(manager, name);
  const found = textsOf(value).flatMap((text) => rule?.(text, place) ?? []);
  return found.find(({ isUsual }) => !isUsual) ?? found[0] ?? null;
}

function handedOn(manager: PackageManager, name: string): Rule | undefined {
  if (!HANDS_ON.includes(manager) || NO_BINARIES.test(name)) return undefined;
  return name.endsWith('-local-prebuilds') ? path : address;
}

/** What corepack is told to fetch as the package manager: an address in place of a version, or a registry of the project. */
export function fetchedManager(
  manifest: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const address = /"packageManager"\s*:\s*"(\w+@https?:[^"]*)"/.exec(manifest ?? '')?.[1];
  const named = ['COREPACK_NPM_REGISTRY', 'COREPACK_INTEGRITY_KEYS'].filter((name) => variables[name] !== undefined);
  return [
    ...(address === undefined ? [] : [`"packageManager": "${address}" of package.json`]),
    ...named.map((name) => `${name}=${variables[name] ?? ''} of .corepack.env`),
  ];
}

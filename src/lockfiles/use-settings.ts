import type { PackageManager } from '../model/dependency.ts';

/** One setting of a package manager: its name as it is written, and its value. */
export type UseSetting = readonly [key: string, value: unknown];

/** What npm takes for "no" in one version or another. */
const NO = ['false', '0', 'null', 'undefined', ''];

/** Whether a switch is off in any version of any package manager. */
export function isSwitchedOff(value: unknown): boolean {
  return NO.includes(textOf(value));
}

const isYes = (value: unknown): boolean => textOf(value) === 'true';
const isGlobal = (value: unknown): boolean => textOf(value) === 'global';

/** What decides, beside the settings, which lockfile is read. */
export interface UsePlace {
  /** Whether a path of a setting leads to another folder than the lockfile's. */
  readonly isElsewhere: (path: string) => boolean;
  /** Whether lockfiles of git branches are beside it. */
  readonly hasBranchLockfiles: boolean;
}

type Rule = (value: unknown, place: UsePlace) => boolean;
type Rules = Readonly<Record<string, Rule>>;

const isFolderElsewhere: Rule = (value, { isElsewhere }) => isElsewhere(textOf(value));

/**
 * The settings that make a package manager not read the lockfile of its project, by their name in kebab case; tried with npm
 * 6 to 12, pnpm 8 to 12, Yarn 1 and 4, and Bun 1.4.
 */
const RULES: Readonly<Record<PackageManager, Rules>> = {
  npm: {
    'package-lock': isSwitchedOff,
    shrinkwrap: isSwitchedOff,
    // What is installed globally is resolved anew.
    global: isYes,
    location: isGlobal,
  },
  pnpm: {
    lockfile: isSwitchedOff,
    'use-lockfile': isSwitchedOff,
    'package-lock': isSwitchedOff,
    shrinkwrap: isSwitchedOff,
    global: isYes,
    location: isGlobal,
    'lockfile-dir': isFolderElsewhere,
    'lockfile-directory': isFolderElsewhere,
    'shrinkwrap-directory': isFolderElsewhere,
    'git-branch-lockfile': (value, { hasBranchLockfiles }) => hasBranchLockfiles && isYes(value),
  },
  'yarn-classic': {
    lockfile: isSwitchedOff,
    cwd: isFolderElsewhere,
    // It then chooses versions anew where several are locked.
    flat: isYes,
  },
  yarn: { 'lockfile-filename': (value) => textOf(value) !== 'yarn.lock' },
  bun: { global: isYes },
  vlt: {},
};

/** The first of these settings that makes the package manager not read the lockfile of a folder; null where none does. */
export function ignoringSetting(
  manager: PackageManager,
  settings: readonly UseSetting[],
  place: UsePlace,
): UseSetting | null {
  const rules = RULES[manager];
  const found = settings.find(([key, value]) => {
    const name = settingName(key);
    return Object.hasOwn(rules, name) && rules[name]?.(value, place) === true;
  });
  return found ?? null;
}

/** An option of a command line, without its dashes, as a setting: `no-lockfile` is `lockfile` with `false`. */
export function settingOfOption(name: string, value: string): UseSetting {
  if (name === 'g') return ['global', value];
  if (name.startsWith('no-')) return [settingName(name.slice('no-'.length)), value === 'false' ? 'true' : 'false'];
  return [settingName(name), value];
}

/** `lockfileDir`, `lockfile_dir` and `lockfile-dir` are one setting. */
export function settingName(key: string): string {
  return key
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`)
    .replaceAll('_', '-')
    .toLowerCase();
}

/** A value as its text; "?" for what is none. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return textOf(value.find(isSwitchedOff) ?? value[0]);
  return typeof value === 'string' || typeof value === 'boolean' || value === null ? String(value).trim() : '?';
}

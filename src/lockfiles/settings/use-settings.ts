import type { PackageManager } from '../../model/dependency.ts';

/** One setting of a package manager: its name as it is written, and its value. */
export type UseSetting = readonly [key: string, value: unknown];

/** What npm takes for "no" in one version or another. */
const NO = ['false', '0', 'null', 'undefined', ''];

/** Whether a switch is off in any version of any package manager. */
export function isSwitchedOff(value: unknown): boolean {
  return textsOf(value).some((text) => NO.includes(text));
}

/** Whether pnpm keeps a lockfile in each project of the workspace. */
export function isUnshared([key, value]: UseSetting): boolean {
  return /^shared-?workspace-?lockfile$/i.test(key) && isSwitchedOff(value);
}

const isYes: Rule = (text) => text === 'true';
const isGlobal: Rule = (text) => text === 'global';

/** What decides, beside the settings, which lockfile is read. */
export interface UsePlace {
  /** Whether a path of a setting leads to another folder than the lockfile's. */
  readonly isElsewhere: (path: string) => boolean;
  /** Whether lockfiles of git branches are beside it. */
  readonly hasBranchLockfiles: boolean;
}

type Rule = (text: string, place: UsePlace) => boolean;
type Rules = Readonly<Record<string, Rule>>;

const isFolderElsewhere: Rule = (text, { isElsewhere }) => isElsewhere(text);

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
    'git-branch-lockfile': (text, place) => place.hasBranchLockfiles && isYes(text, place),
  },
  'yarn-classic': {
    lockfile: isSwitchedOff,
    cwd: isFolderElsewhere,
    // It then chooses versions anew where several are locked.
    flat: isYes,
  },
  yarn: { 'lockfile-filename': (text) => text !== 'yarn.lock' },
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
    return Object.hasOwn(rules, name) && textsOf(value).some((text) => rules[name]?.(text, place) === true);
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

/** The texts of a value, which may be a list; "?" for what is none, as what stands in a map is a setting of its own. */
export function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return [typeof value === 'string' || typeof value === 'boolean' || value === null ? String(value).trim() : '?'];
}

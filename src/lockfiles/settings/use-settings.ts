import type { NodeManager } from '../../model/dependency.ts';
import { isSwitchedOff, isSwitchedOn, nameOf, settingName, textsOf, type UseSetting } from './names.ts';

/** Whether pnpm keeps a lockfile in each project of the workspace. */
export function isUnshared([key, value]: UseSetting): boolean {
  return /^shared-?workspace-?lockfile$/.test(settingName(key)) && isSwitchedOff(value);
}

const isGlobal: Rule = (text) => text === 'global';

/** What decides, beside the settings, which lockfile is read. */
export interface UsePlace {
  /** Whether a path of a setting leads to another folder than the lockfile's. */
  readonly isElsewhere: (path: string) => boolean;
  /** Names of what is beside it. */
  readonly names: readonly string[];
}

type Rule = (text: string, place: UsePlace) => boolean;
type Rules = Readonly<Record<string, Rule>>;

const isFolderElsewhere: Rule = (text, { isElsewhere }) => isElsewhere(text);

/** What pnpm takes for the lockfile of a branch, whose dots stand for any letter. */
const PNPM_BRANCH = /^pnpm-lock..+yaml$/;
const hasBranches = ({ names }: UsePlace): boolean => names.some((name) => PNPM_BRANCH.test(name));

/**
 * The settings that make a package manager not read the lockfile of its project; tried with npm 6 to 12, pnpm 8 to 12,
 * Yarn 1 and 4, and Bun 1.4.
 */
const RULES: Readonly<Record<NodeManager, Rules>> = {
  npm: {
    'package-lock': isSwitchedOff,
    // What is installed globally is resolved anew.
    global: isSwitchedOn,
    location: isGlobal,
  },
  pnpm: {
    lockfile: isSwitchedOff,
    global: isSwitchedOn,
    location: isGlobal,
    'lockfile-dir': isFolderElsewhere,
    'git-branch-lockfile': (text, place) => hasBranches(place) && isSwitchedOn(text),
    'merge-git-branch-lockfiles': (text, place) => hasBranches(place) && isSwitchedOn(text),
    'merge-git-branch-lockfiles-branch-pattern': (_, place) => hasBranches(place),
  },
  'yarn-classic': {
    lockfile: isSwitchedOff,
    cwd: isFolderElsewhere,
    // It then chooses versions anew where several are locked.
    flat: isSwitchedOn,
  },
  yarn: {
    'lockfile-filename': (text) => text !== 'yarn.lock',
    // What has no protocol of its own, as nearly everything, is then asked for elsewhere than the lockfile has it.
    'default-protocol': (text) => text !== 'npm:',
  },
  bun: {
    global: isSwitchedOn,
    'skip-lockfile': isSwitchedOn,
    // It then installs what it resolves without writing it down.
    'skip-save-lockfile': isSwitchedOn,
    'install.lockfile.save': isSwitchedOff,
  },
  vlt: {},
};

/**
 * The first of these settings that makes the package manager not read the lockfile of a folder; null where none does.
 */
export function ignoringSetting(
  manager: NodeManager,
  settings: readonly UseSetting[],
  place: UsePlace,
): UseSetting | null {
  const rules = RULES[manager];
  const found = settings.find(([key, value]) => {
    const name = nameOf(manager, key);
    return Object.hasOwn(rules, name) && textsOf(value).some((text) => rules[name]?.(text, place) === true);
  });
  return found ?? null;
}

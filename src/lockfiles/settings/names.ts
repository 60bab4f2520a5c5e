import type { NodeManager } from '../../model/dependency.ts';

/** One setting of a package manager: its name as it is written, and its value. */
export type UseSetting = readonly [key: string, value: unknown];

/** How a package manager's settings are named in its files, as options, and as variables. */
interface Names {
  /** Variables that are settings: what is in the group is the name. */
  readonly variable: RegExp;
  /** Names of the same setting as another, in kebab case. */
  readonly same: Readonly<Record<string, string>>;
}

const GLOBAL = { g: 'global' };

/**
 * A setting counts alike by each of its names; tried with npm 8 to 12, pnpm 8 to 12, Yarn 1 and 4, Bun 1.4 and vlt 1.0.
 */
const NAMES: Readonly<Record<NodeManager, Names>> = {
  npm: { variable: /^npm_config_(.+)$/i, same: { ...GLOBAL, shrinkwrap: 'package-lock' } },
  pnpm: {
    variable: /^p?npm_config_(.+)$/i,
    same: {
      ...GLOBAL,
      store: 'store-dir',
      'use-lockfile': 'lockfile',
      'use-git-branch-lockfile': 'git-branch-lockfile',
      'package-lock': 'lockfile',
      shrinkwrap: 'lockfile',
      'lockfile-directory': 'lockfile-dir',
      'shrinkwrap-directory': 'lockfile-dir',
    },
  },
  'yarn-classic': { variable: /^(?:npm_config|yarn)_(.+)$/i, same: {} },
  yarn: { variable: /^yarn_(.+)$/i, same: {} },
  bun: {
    // In these letters alone.
    variable: /^(BUN_(?:CONFIG_.+|INSTALL|INSTALL_CACHE_DIR))$/,
    same: {
      ...GLOBAL,
      'bun-config-skip-load-lockfile': 'skip-lockfile',
      'bun-config-skip-save-lockfile': 'skip-save-lockfile',
      'bun-config-no-verify': 'no-verify',
      'bun-install-cache-dir': 'cache-dir',
      // Of .npmrc.
      cache: 'cache-dir',
      'install.cache': 'cache-dir',
      'install.cache.dir': 'cache-dir',
    },
  },
  vlt: { variable: /^vlt_(.+)$/i, same: {} },
};

/** The name of a setting, whichever of its names is written. */
export function nameOf(manager: NodeManager, key: string): string {
  // vlt's file has them within `config`, and there for single commands.
  const name = manager === 'vlt' ? settingName(key).replace(/^config\.(?:command\.[^.]+\.)?/, '') : settingName(key);
  const { same } = NAMES[manager];
  return Object.hasOwn(same, name) ? (same[name] ?? name) : name;
}

/** A variable of the environment as a setting; null where it is none of this package manager. */
export function settingOfVariable(manager: NodeManager, name: string, value: unknown): UseSetting | null {
  const key = NAMES[manager].variable.exec(name)?.[1];
  return key === undefined ? null : [settingName(key), value];
}

/**
 * An option of a command line, without its dashes, as a setting: `no-lockfile` is `lockfile` with `false`, and
 * `no-no-lockfile` is `lockfile`.
 */
export function settingOfOption(name: string, value: string): UseSetting {
  const bare = name.replace(/^(?:no-)+/i, '');
  const isNegated = ((name.length - bare.length) / 'no-'.length) % 2 === 1;
  if (!isNegated) return [settingName(bare), value];
  return [settingName(bare), value === 'false' ? 'true' : 'false'];
}

/** `lockfileDir`, `lockfile_dir` and `lockfile-dir` are one setting. */
export function settingName(key: string): string {
  return key
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`)
    .replace(/(?<!^)_/g, '-')
    .toLowerCase();
}

/** The texts of a value, which may be a list; "?" for what is none, as what stands in a map is a setting of its own. */
export function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return [typeof value === 'string' || typeof value === 'boolean' || value === null ? String(value).trim() : '?'];
}

/** What one version or another of npm takes for "no" beside every number that is zero. */
const NO = ['false', 'null', 'undefined', ''];

/** Whether a switch is off in any version of any package manager: npm reads a text that is a number as that number. */
export function isSwitchedOff(value: unknown): boolean {
  return textsOf(value).some((text) => NO.includes(text) || isZero(text));
}

/**
 * Whether a switch is on in any version: npm takes every other text for "yes", also none where a file has the name
 * alone.
 */
export function isSwitchedOn(value: unknown): boolean {
  return textsOf(value).some((text) => text === '' || !(text === '?' || NO.includes(text) || isZero(text)));
}

function isZero(text: string): boolean {
  return text !== '' && Number(text) === 0;
}

import type { NodeManager } from '../../model/dependency.ts';
import { manifestFields } from '../../readers/manifest.ts';
import { handedOn, path, type CodePlace, type CodeRule, type OtherCode, type UsePlace } from './rules.ts';
import { isSwitchedOff, nameOf, settingName, settingOfVariable, textsOf, type UseSetting } from './names.ts';
import { isKnown, TABLES } from './tables.ts';
import { codeOfVariable } from './variables.ts';

/** The rule of a table for a setting; undefined for none. */
function ruleIn<Rule>(rules: Readonly<Record<string, Rule>>, name: string): Rule | undefined {
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}

/** Whether pnpm keeps a lockfile in each project of the workspace. */
export function isUnshared([key, value]: UseSetting): boolean {
  return /^shared-?workspace-?lockfile$/.test(settingName(key)) && isSwitchedOff(value);
}

/**
 * The first of these settings that makes the package manager not read the lockfile of a folder; null where none does.
 */
export function ignoringSetting(
  manager: NodeManager,
  settings: readonly UseSetting[],
  place: UsePlace,
): UseSetting | null {
  const found = settings.find(([key, value]) => {
    const rule = ruleIn(TABLES[manager].lockfile, nameOf(manager, key));
    return textsOf(value).some((text) => rule?.(text, place) === true);
  });
  return found ?? null;
}

/** A setting by which bytes are installed that the lockfile's hashes do not hold. */
export interface Unverified<T> {
  readonly by: T;
  /** The folder that is installed from without its bytes being compared; null where no hash is compared at all. */
  readonly store: string | null;
}

/**
 * Those of these settings by which other bytes are installed than the lockfile's hashes name; `cacheKey` is that of
 * Yarn's.
 */
export function unverifiedBy<T extends { readonly setting: UseSetting }>(
  manager: NodeManager,
  settings: readonly T[],
  cacheKey: string | null = null,
): readonly Unverified<T>[] {
  const isOff = settings.some(({ setting: [key, value] }) => key === 'install.cache.disable' && value === true);
  return settings.flatMap((by): Unverified<T>[] => {
    const [key, value] = by.setting;
    const rule = ruleIn(TABLES[manager].bytes, nameOf(manager, key));
    if (rule === undefined || value === null || (isOff && key.startsWith('install.'))) return [];
    return textsOf(value).flatMap((text) => {
      const store = rule(text, cacheKey);
      return store === undefined || store === '' ? [] : [{ by, store }];
    });
  });
}

/** Whether a setting names a folder in which an installation leaves what is there already. */
export function namesInstalled(manager: NodeManager, [key]: UseSetting): boolean {
  return TABLES[manager].installed.includes(nameOf(manager, key));
}

/**
 * Those that hand every setting on to install scripts, and those that take variables for them from files of the
 * project.
 */
const HANDS_ON: readonly NodeManager[] = ['npm', 'pnpm', 'yarn-classic'];
const TAKES_VARIABLES: readonly NodeManager[] = ['bun', 'yarn'];

/** What a setting of the project adds to what runs in an installation; null for nothing. */
export function otherCode(manager: NodeManager, [key, value]: UseSetting, place: CodePlace): OtherCode | null {
  const name = nameOf(manager, key);
  const rule = isKnown(manager, name) ? ruleIn(TABLES[manager].code, name) : unlisted(manager, key, name);
  const found = textsOf(value).flatMap((text) => rule?.(text, place) ?? []);
  return found.find(({ isUsual }) => !isUsual) ?? found[0] ?? null;
}

/** What a variable in a package manager's environment adds to what runs in an installation; null for nothing. */
export function otherCodeOfVariable([name, value]: UseSetting, place: CodePlace): OtherCode | null {
  const rule = codeOfVariable(name);
  return (
    textsOf(value)
      .map((text) => rule?.(text, place) ?? null)
      .find((found) => found !== null) ?? null
  );
}

function unlisted(manager: NodeManager, key: string, name: string): CodeRule | undefined {
  if (HANDS_ON.includes(manager)) return handedOn(name);
  return TAKES_VARIABLES.includes(manager) ? codeOfVariable(key) : undefined;
}

/**
 * A setting that no table has, so that nothing says what it does to an installation. In a file that has settings of its
 * package manager alone it is `new`, from a later version or misspelt. In an .npmrc anything may stand for install
 * scripts, and for other package managers: there it is `free`, but for one that leads into the repository.
 */
export function unknownSetting(
  manager: NodeManager,
  [key, value]: UseSetting,
  isOfNpmrc: boolean,
  place: CodePlace,
): 'new' | 'free' | null {
  const name = ownName(manager, key);
  // Yarn 1 gets no settings any more.
  if (name === null || manager === 'yarn-classic' || isKnown(manager, name)) return null;
  if (!isOfNpmrc) return 'new';
  const isOther = HANDS_ON.some((one) => isKnown(one, nameOf(one, key)));
  if (manager === 'bun' || isOther || handedOn(name) === undefined) return null;
  return textsOf(value).some((text) => path(text, place) !== null) ? 'new' : 'free';
}

/** The name of what can only be a setting of the package manager itself; null for other things in its files. */
function ownName(manager: NodeManager, key: string): string | null {
  switch (manager) {
    case 'bun':
      return /^install\.[^.]+$|^BUN_(?:CONFIG|INSTALL)/.test(key) ? nameOf(manager, key) : null;
    case 'vlt':
      return /^config\.(?:command\.[^.]+\.)?[^.]+$/.test(key) ? nameOf(manager, key) : null;
    case 'yarn': {
      // The variables of its files stand beside its settings.
      const isVariable = /^[A-Z0-9_]+$/.test(key);
      const variable = settingOfVariable(manager, key, null);
      return isVariable ? (variable?.[0] ?? null) : /[.$]/.test(key) ? null : nameOf(manager, key);
    }
    case 'npm':
    case 'pnpm':
    case 'yarn-classic':
      return /[.:/$]/.test(key) ? null : nameOf(manager, key);
  }
}

/**
 * What corepack is told to fetch as the package manager: an address in place of a version, or a registry of the
 * project. `manifests` are the package.json of the folder and of those above it, the nearest first: the first that
 * names one counts.
 */
export function fetchedManager(
  manager: NodeManager,
  manifests: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const named = manifests
    .map((text) => manifestFields('package.json', text, manager)['packageManager'])
    .find((one) => typeof one === 'string' && one !== '');
  // Whatever is an address to it, of whichever scheme.
  const [, version] = typeof named === 'string' ? (/^[^@]+@(.+)$/s.exec(named) ?? []) : [];
  const isAddress = version !== undefined && URL.canParse(version);
  const set = ['COREPACK_NPM_REGISTRY', 'COREPACK_INTEGRITY_KEYS'].filter((name) => variables[name] !== undefined);
  return [
    ...(isAddress ? [`"packageManager": ${JSON.stringify(named)} of package.json`] : []),
    ...set.map((name) => `${name}=${variables[name] ?? ''} of .corepack.env`),
  ];
}

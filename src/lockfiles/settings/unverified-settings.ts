import { posix } from 'node:path';
import type { NodeManager } from '../../model/dependency.ts';
import { cacheSpecOf, specOfCacheKey } from './yarn-cache-key.ts';
import { isSwitchedOff, isSwitchedOn, nameOf, textsOf, type UseSetting } from './names.ts';

/** A setting by which bytes are installed that the lockfile's hashes do not hold. */
export interface Unverified<T> {
  readonly by: T;
  /** The folder that is installed from without its bytes being compared; null where no hash is compared at all. */
  readonly store: string | null;
}

/** Says which folder is the store; null where hashes are not compared; undefined where the setting changes nothing. */
type Rule = (value: string, cacheKey: string | null) => string | null | undefined;

const isStore: Rule = (value) => value;
const comparesNothing = (counts: (value: string) => boolean): Rule => {
  return (value) => (counts(value) ? null : undefined);
};
const whereOn = comparesNothing(isSwitchedOn);

/**
 * Tried with npm 10, pnpm 8 to 12, Yarn 1.22 and 4.18, Bun 1.4 and vlt 1.0, each given a store with other bytes. npm's
 * cache, the cache of Yarn 2 and later and the offline mirror of Yarn 1 are compared with the lockfile's hashes.
 */
const RULES: Readonly<Record<NodeManager, Readonly<Record<string, Rule>>>> = {
  npm: {},
  pnpm: {
    'store-dir': isStore,
    // pnpm 12 takes what is there for installed; in node_modules it is where it always is.
    'virtual-store-dir': (value) => (/(?:^|[/\\])node_modules(?:[/\\]|$)/.test(value) ? undefined : value),
    'update-checksums': whereOn,
  },
  'yarn-classic': {
    'cache-folder': isStore,
    'preferred-cache-folder': isStore,
    'update-checksums': whereOn,
  },
  yarn: {
    'checksum-behavior': comparesNothing((value) => value !== 'throw'),
    // Archives of another cache than the lockfile's are made anew.
    'compression-level': (value, cacheKey) =>
      cacheKey === null || specOfCacheKey(cacheKey) === cacheSpecOf(value) ? undefined : null,
    'cache-version-override': comparesNothing(() => true),
    'cache-checkpoint-override': comparesNothing(() => true),
  },
  bun: {
    'cache-dir': isStore,
    'bun-install': (value) => posix.join(value, 'install/cache'),
    verify: comparesNothing(isSwitchedOff),
    'no-verify': comparesNothing((value) => value !== '' && isSwitchedOn(value)),
  },
  vlt: { cache: isStore },
};

/**
 * Those of these settings by which other bytes are installed than the lockfile's hashes name; `cacheKey` is that of
 * Yarn's.
 */
export function unverifiedBy<T extends { readonly setting: UseSetting }>(
  manager: NodeManager,
  settings: readonly T[],
  cacheKey: string | null = null,
): readonly Unverified<T>[] {
  const rules = RULES[manager];
  const isOff = settings.some(({ setting: [key, value] }) => key === 'install.cache.disable' && value === true);
  return settings.flatMap((by): Unverified<T>[] => {
    const [key, value] = by.setting;
    const name = nameOf(manager, key);
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    const isMap = typeof value === 'object' && !Array.isArray(value);
    if (rule === undefined || isMap || (isOff && key.startsWith('install.'))) return [];
    return textsOf(value).flatMap((text) => {
      const store = rule(text, cacheKey);
      return store === undefined || store === '' ? [] : [{ by, store }];
    });
  });
}

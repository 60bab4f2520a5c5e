import { join } from 'node:path';

/** Where the cache is, and the key that its entries are bound to. */
export interface CachePlace {
  readonly folder: string;
  readonly keyFile: string;
}

/**
 * The conventional folders of the platform (XDG Base Directory Specification; Apple's and Microsoft's own). The key is
 * kept apart from the cache, so that a cache from another machine comes without a key. `ASSAY_CACHE` names another
 * folder; empty, it turns the cache off. Null where there is to be no cache, or no home.
 */
export function cachePlace(env: NodeJS.ProcessEnv, home: string, platform: NodeJS.Platform): CachePlace | null {
  const given = (name: string): string | null => {
    const value = env[name];
    return value === undefined || value === '' ? null : value;
  };
  const folders = foldersOf(platform, home, given);
  if (folders === null || env['ASSAY_CACHE'] === '') return null;
  return { folder: given('ASSAY_CACHE') ?? folders.cache, keyFile: join(folders.config, 'cache.key') };
}

/** Where the trust is that was verified, apart from what runs established with it. */
export function trustPlace({ folder, keyFile }: CachePlace): CachePlace {
  return { folder: join(folder, 'trust'), keyFile };
}

/**
 * Where the newest verified heads of logs are kept; null where there is no home. They are no cache: a fork shows only
 * beside what was seen before.
 */
export function logStateFolder(env: NodeJS.ProcessEnv, home: string, platform: NodeJS.Platform): string | null {
  const given = (name: string): string | null => {
    const value = env[name];
    return value === undefined || value === '' ? null : value;
  };
  const folders = foldersOf(platform, home, given);
  return folders === null ? null : join(folders.state, 'logs');
}

function foldersOf(
  platform: NodeJS.Platform,
  home: string,
  given: (name: string) => string | null,
): { readonly cache: string; readonly config: string; readonly state: string } | null {
  if (platform === 'win32') {
    const local = given('LOCALAPPDATA');
    if (local === null) return null;
    return { cache: join(local, 'assay', 'Cache'), config: join(local, 'assay'), state: join(local, 'assay', 'State') };
  }
  if (home === '') return null;
  if (platform === 'darwin') {
    const library = join(home, 'Library');
    const support = join(library, 'Application Support', 'assay');
    return { cache: join(library, 'Caches', 'assay'), config: support, state: support };
  }
  return {
    cache: join(given('XDG_CACHE_HOME') ?? join(home, '.cache'), 'assay'),
    config: join(given('XDG_CONFIG_HOME') ?? join(home, '.config'), 'assay'),
    state: join(given('XDG_STATE_HOME') ?? join(home, '.local', 'state'), 'assay'),
  };
}

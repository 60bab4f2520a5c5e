import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { lstatAt } from './found.ts';

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
  const folders = foldersOf(platform, home, env);
  const own = env['ASSAY_CACHE'];
  if (folders === null || own === '') return null;
  return { folder: own ?? folders.cache, keyFile: join(folders.config, 'cache.key') };
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
  const folders = foldersOf(platform, home, env);
  return folders === null ? null : join(folders.state, 'logs');
}

/** A project that a path lies in. */
export interface Project {
  readonly folder: string;
  readonly isGit: boolean;
  /** From there to the path. */
  readonly path: string;
  /** The files and folders that make it one. */
  readonly marks: readonly string[];
}

/** What a folder has that others write to: the working trees of version control, and projects that were copied. */
const MARKS = ['.git', '.hg', '.jj', '.svn', 'package.json', 'go.mod'];

/**
 * The projects that a path lies in, as it is written and with its links followed: what is there may have come with
 * them. The nearest working tree of git counts for those below it.
 */
export function projectsAround(path: string): readonly Project[] {
  const written = resolve(path);
  const followed = realPath(written);
  return [written, ...(followed === written ? [] : [followed])].flatMap((one) => projectAround(one) ?? []);
}

function projectAround(path: string): Project | null {
  let found: Project | null = null;
  for (let at = dirname(path), below = path; at !== below; below = at, at = dirname(at)) {
    const marks = MARKS.filter((name) => lstatAt(join(at, name)) !== undefined);
    if (marks.includes('.git')) return { folder: at, isGit: true, path: relative(at, path), marks };
    if (marks.length > 0) found ??= { folder: at, isGit: false, path: relative(at, path), marks };
  }
  return found;
}

/** With the links followed of as much of it as is there. */
function realPath(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    try {
      return join(realpathSync(at), relative(at, path));
    } catch {
      if (at === dirname(at)) return path;
    }
  }
}

/** A relative folder is none (XDG Base Directory Specification): it would be another one in every project. */
function foldersOf(
  platform: NodeJS.Platform,
  home: string,
  env: NodeJS.ProcessEnv,
): { readonly cache: string; readonly config: string; readonly state: string } | null {
  const given = (name: string): string | null => {
    const value = env[name] ?? '';
    return isAbsolute(value) ? value : null;
  };
  if (platform === 'win32') {
    const local = given('LOCALAPPDATA');
    if (local === null) return null;
    return { cache: join(local, 'assay', 'Cache'), config: join(local, 'assay'), state: join(local, 'assay', 'State') };
  }
  if (!isAbsolute(home)) return null;
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

import { lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { cachePlace, projectsAround } from '../../store/place.ts';

/** What Node 22.1 and later add to the module. */
interface CompileCache {
  readonly enableCompileCache?: (folder: string) => unknown;
}

/**
 * Turns on Node's compile cache. Node runs any code that it finds there, so the folder belongs to this user and only
 * this user can write to it; it is never in `ASSAY_CACHE`, which a pipeline may restore from anywhere.
 */
export function useCompileCache(args: readonly string[]): void {
  const { env, platform, versions } = process;
  // Node 20 lacks it; only to ask would have Node load what it runs modules with.
  if (versions.node.startsWith('20.')) return;
  const isPipeline = (env['CI'] ?? '') !== '';
  const place = cachePlace(env, env['HOME'] ?? '', platform);
  if (place === null || env['ASSAY_CACHE'] !== undefined) return;
  if (isPipeline || args.includes('--no-cache')) return;
  const folder = join(place.folder, 'compiled');
  // Whoever can commit to a project that it lies in could have it run what they like.
  if (projectsAround(folder).length === 0 && isOwn(folder)) (module as CompileCache).enableCompileCache?.(folder);
}

/** Makes the folder where it is not there. */
function isOwn(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    const { getuid } = process;
    // On Windows, only the user can write to their own folders.
    return found.isDirectory() && (getuid === undefined || (found.uid === getuid() && (found.mode & 0o022) === 0));
  } catch {
    return false;
  }
}

import { OMITTABLE, type Omittable } from '../audit/options.ts';
import { isTracked } from '../git/tracked.ts';
import { escapeText } from '../report/words/escape.ts';
import type { ReportOptions } from '../report/terminal/index.ts';
import { cachePlace, projectsAround, type CachePlace } from '../store/place.ts';
import { openCache, type Cache } from '../store/store.ts';
import { UsageError } from './exit.ts';
import type { Io, Output } from './io.ts';
import type { OptionValues } from './options.ts';

/** Where the cache is; null where there can be none, or its key may have come with a project. */
export function placeOfCache({ env }: Io): CachePlace | null {
  const place = cachePlace(env, env['HOME'] ?? '', process.platform);
  return place === null || isOfProject(place.keyFile) ? null : place;
}

/**
 * Whether others may have written a file, or what is in a folder: a project has it, and no git says that it does not
 * track it.
 */
export function isOfProject(path: string): boolean {
  return projectsAround(path).some(({ folder, isGit, path: inside }) => !isGit || isTracked(folder, inside));
}

/** What earlier runs of a project kept; null where there can be no cache, or it is not wanted. */
export function openStore(values: OptionValues, lockfile: string, io: Io): Cache | null {
  if (values['no-cache'] === true) return null;
  const place = placeOfCache(io);
  if (place === null) noteStrayProject(io);
  // What is known from evidence says nothing of what the network would say now.
  return place === null ? null : openCache(place, io.answers === undefined ? lockfile : `evidence ${lockfile}`);
}

const told = new WeakSet<Io>();

/** Says once why nothing is kept where something that looks like a project is around the key of the cache. */
function noteStrayProject(io: Io): void {
  const place = cachePlace(io.env, io.env['HOME'] ?? '', process.platform);
  const around = place === null ? undefined : projectsAround(place.keyFile).find(({ isGit }) => !isGit);
  if (place === null || around === undefined || told.has(io)) return;
  told.add(io);
  const [folder, file] = [around.folder, place.keyFile].map((path) => escapeText(path, 500));
  io.stderr.write(
    `assay: nothing is kept for the next run: ${file} would be in the project ${folder}; ` +
      `remove its ${escapeText(around.marks.join(' and '), 100)}, or name another folder with XDG_CONFIG_HOME\n`,
  );
}

/** How the report is shown: warnings are shortened in a terminal only, and not with --all. Throws UsageError. */
export function reportOptions(output: Output, { all, quiet, verbose }: OptionValues): ReportOptions {
  if (quiet === true && verbose === true) throw new UsageError('--quiet and --verbose ask for opposite things');
  return {
    ...output,
    whole: all === true || !output.isTerminal,
    amount: quiet ? 'failures' : verbose ? 'all' : 'usual',
  };
}

export function omitOf(values: OptionValues): readonly Omittable[] {
  return (values.omit ?? []).map((text) => {
    const kind = OMITTABLE.find((candidate) => candidate === text);
    if (kind === undefined) throw new UsageError(`--omit takes ${OMITTABLE.join(', ')}, not ${text}`);
    return kind;
  });
}

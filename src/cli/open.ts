import { dirname } from 'node:path';
import { audit, type AuditOptions } from '../audit.ts';
import { askHistory, type ReadVersions } from '../git/appearance.ts';
import { LockfileError, parseLockfile, type ProjectManifests } from '../lockfiles/index.ts';
import type { BaselineInUse } from '../model/baseline.ts';
import type { Dependency } from '../model/dependency.ts';
import type { Report } from '../model/report.ts';
import type { AskHistory } from '../model/review.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import type { OptionName, ParsedOptions } from './options.ts';
import { loadPolicy, type LoadedPolicy } from './policy.ts';
import { progressOn } from './progress.ts';
import { findLockfile, loadBaseline, projectManifests } from './project.ts';
import { networkConfig, openRegistry, openStore, readUserFile, shownPath } from './setup.ts';
import { startTrust, TRUST_OPTIONS, withTrust } from './trust.ts';

/** A project whose lockfile can be audited. */
export interface Project {
  /** The lockfile's path. */
  readonly path: string;
  /** The same as it is shown. */
  readonly file: string;
  /** What was read of it. */
  readonly bytes: Buffer;
  readonly policy: LoadedPolicy | null;
  readonly baseline: BaselineInUse;
  /** Everything the lockfile names. */
  readonly locked: () => readonly Dependency[];
  /** Asks git when versions came into the lockfile. */
  readonly askHistory: AskHistory;
  /** Audits the lockfile, with progress on a terminal. */
  readonly audit: (how: Pick<AuditOptions, 'enforce' | 'omit'> & Partial<AuditOptions>) => Promise<Report>;
}

/** The options of `withProject`. */
export const PROJECT_OPTIONS = [
  'registry',
  ...TRUST_OPTIONS,
  'registry-keys',
  'policy',
  'no-cache',
] as const satisfies OptionName[];

/** Opens the project that a directory or lockfile names, runs `work` with it, and closes what was opened. */
export async function withProject<T>(
  place: string,
  { values }: ParsedOptions,
  io: Io,
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const path = findLockfile(place, io);
  const file = shownPath(path, io);
  const folder = dirname(path);
  const policy = await loadPolicy(values, folder, io);
  const config = networkConfig(values, folder, io);
  const trust = startTrust(values, policy, config, io);
  const bytes = readUserFile(path, 'the lockfile', io);
  const baseline = loadBaseline(path, io);
  const manifests = projectManifests(path, io);
  const history: AskHistory = (specs) => askHistory(path, specs, versionsReader(path, manifests), Date.now());
  const store = openStore(values, path, io);
  const progress = progressOn(io.stderr, 'assay: verified');
  try {
    return await work({
      path,
      file,
      bytes,
      policy,
      baseline,
      locked: () => parseLockfile(file, bytes, manifests).dependencies,
      askHistory: history,
      audit: async (how) => {
        const now = Date.now();
        const project = { file, bytes, manifests, policy, baseline, now, askHistory: history, store };
        const { result, repository } = await withTrust(
          await trust.session,
          () => openRegistry(config),
          (used, registry) => audit({ ...project, trust: used, registry, onProgress: progress.update, ...how }),
        );
        progress.end();
        const report = { ...result, trust: { ...result.trust, repository } };
        if (report.dependencies.length > 0) return report;
        const why = report.counts.omitted > 0 ? 'every dependency is left out by --omit' : 'it names no dependency';
        throw new UsageError(`nothing to check in ${file}: ${why}`);
      },
    });
  } finally {
    progress.end();
    trust.close();
    store?.close();
  }
}

/** Reads lockfiles of the past. */
function versionsReader(path: string, manifests: ProjectManifests): ReadVersions {
  return (bytes) => {
    try {
      const { dependencies } = parseLockfile(path, bytes, manifests);
      return new Set(dependencies.map(({ name, version }) => `${name}@${version}`));
    } catch (error) {
      if (error instanceof LockfileError) return null;
      throw error;
    }
  };
}

/** The one directory or lockfile a command takes; the current directory unless one is named. */
export function placeOf(command: string, positionals: readonly string[]): string {
  if (positionals.length > 1) throw new UsageError(`${command} takes one directory or lockfile`);
  return positionals[0] ?? '.';
}

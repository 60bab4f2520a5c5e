import { basename, dirname, resolve } from 'node:path';
import { withAnswers } from '../../audit/age.ts';
import { auditLockfiles } from '../../audit/index.ts';
import type { LockfileAuditOptions } from '../../audit/options.ts';
import { combineReports } from '../../audit/combine.ts';
import { changedLines } from '../../baseline/changed-lines.ts';
import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import { ecosystemOfLockfile, scriptPermissions } from '../../lockfiles/index.ts';
import type { NpmConfig } from '../../registries/npm/config/npmrc.ts';
import { pemReader } from '../../registries/npm/config/npmrc-values.ts';
import type { Store } from '../../model/store.ts';
import { isNodeLockfile, type Dependency } from '../../model/dependency.ts';
import { packageId, specOf, versionId } from '../../model/package.ts';
import type { Report, UnreadLockfile } from '../../model/report.ts';
import { escapeText } from '../../report/words/escape.ts';
import { listed } from '../../report/words/layout.ts';
import { collectSooner } from '../v8-flags.ts';
import { isMendable, UsageError } from '../exit.ts';
import { startAdvisories } from './advisories.ts';
import { baseFinders } from './base.ts';
import { findAllLockfiles, type Found } from './find.ts';
import { goneLockfiles } from './gone-lockfiles.ts';
import { openFolder, type Project } from './folder.ts';
import type { Io } from '../io.ts';
import type { OptionValues, ParsedOptions } from '../options.ts';
import { demandSignedPack } from './pack-signers.ts';
import { governedFolder, loadPolicy, type LoadedPolicy } from './policy.ts';
import { repositoryAddress } from '../output/pipeline.ts';
import { namesIn } from './listing.ts';
import { hashesCommand, lockingNothing } from './python-unlocked.ts';
import { progressOn } from '../output/progress.ts';
import { likelyManager, managerConfigs, type ManagerConfig } from './manager-config.ts';
import { askingOf, networkConfig, openRegistry, openSources, projectConfig, servedNames } from './registry.ts';
import { startTrust, unasked, withTrust } from './trust.ts';

/** How a project is audited. */
type How = Pick<LockfileAuditOptions, 'enforce' | 'omit'> & Partial<LockfileAuditOptions>;

/** A project, and what the package managers of its lockfiles are told. */
interface ProjectInUse extends Project {
  readonly managers: readonly ManagerConfig[];
}

/** A project with what audits it, with progress on a terminal. */
export interface OneProject extends ProjectInUse {
  /** Everything its lockfiles name. */
  readonly locked: readonly Dependency[];
  readonly audit: (how: How) => Promise<Report>;
}

/** What a run is about. */
export interface Projects {
  readonly policy: LoadedPolicy | null;
  readonly projects: readonly ProjectInUse[];
  /** What was found and cannot be audited. */
  readonly unread: readonly UnreadLockfile[];
  /** How the network is reached for what the whole run asks. */
  readonly config: NpmConfig;
  /**
   * One report of all of them. Where there are several, one that cannot be audited is named, and the others are
   * audited.
   */
  readonly audit: (how: (project: Project) => Promise<How> | How) => Promise<Report>;
}

/** From this many dependencies on, V8 trades time for memory. */
const LARGE = 2000;

/**
 * Opens the project that a directory or lockfile names, runs `work` with it, and closes what was opened. Each of its
 * lockfiles must be readable: they share what `work` may write.
 */
export function withProject<T>(
  place: string,
  options: ParsedOptions,
  io: Io,
  work: (project: OneProject) => Promise<T>,
): Promise<T> {
  return withProjects([place], false, options, io, ({ projects: [project], unread: [unread], audit }) => {
    if (unread !== undefined || project === undefined) {
      const beside = project === undefined ? '' : `; it is beside ${project.file}: name the lockfile that counts`;
      throw new UsageError(`${unread?.problem ?? 'no lockfile'}${beside}`);
    }
    const locked = project.lockfiles.flatMap(({ dependencies }) => dependencies);
    return work({ ...project, locked, audit: (how) => audit(() => how) });
  });
}

/**
 * Opens the lockfiles of several places, with `below` also those of all folders below them, runs `work` with them, and
 * closes what was opened.
 */
export async function withProjects<T>(
  places: readonly string[],
  below: boolean,
  { values }: ParsedOptions,
  io: Io,
  work: (projects: Projects) => Promise<T>,
): Promise<T> {
  const { found, policy, config, configOf } = await findPlaces(places, below, values, io);
  const started = startTrust(values, policy, config, io);
  const trust = isBuildSigned(found) ? started : { ...started, session: started.session.then(unasked) };
  const progress = progressOn(io.stderr, 'assay: verified');
  const established = new Map<string, Buffer>();
  let advisories: ReturnType<typeof startAdvisories> = null;

  const auditOne = async (project: ProjectInUse, how: How, isOnly: boolean): Promise<Report> => {
    demandJudged(project, how);
    const { store: kept, baseline, askAppearances, beside } = project;
    const own = configOf(project);
    const lockfiles = project.lockfiles.map((lockfile) => {
      if (!isNodeLockfile(lockfile)) return lockfile;
      const files = project.managers.find(({ name }) => name === lockfile.manager)?.files ?? [];
      const settings = { files, ignoredByNpmrc: own.ignoreScripts };
      return { ...lockfile, scripts: scriptPermissions(lockfile, project.filesOf(lockfile.file).manifests, settings) };
    });
    const store = isOnly ? kept : sharedStore(established, kept);
    if (lockfiles.some(({ dependencies }) => dependencies.length >= LARGE)) collectSooner();
    const repository = repositoryAddress(io.env);
    const known = { policy, baseline, beside, now: Date.now(), askAppearances, repository };
    const shared = { ...known, store, advisories, onProgress: progress.update };
    try {
      const { result, current } = await withTrust(
        await trust.session,
        () => {
          const names = servedNames(project.lockfiles.filter(isNodeLockfile));
          const registry = openRegistry(own, io, { names, redirects: policy?.policy.redirects ?? [] });
          return openSources(registry, askingOf(project.lockfiles, dirname(project.path), io, beside));
        },
        (used, { sources }) => auditLockfiles(lockfiles, { ...shared, trust: used, ...sources, ...how }),
      );
      return { ...result, trust: withAnswers(result.trust, current) };
    } finally {
      progress.end();
      kept?.close();
    }
  };

  try {
    // Its repository is asked while the lockfiles are read. Who needs the answer sees why there is none.
    (await trust.session).refresh().catch(() => undefined);
    const { projects, unread } = await openProjects(found, values, policy, io);
    await demandSignedPack(await trust.session, policy, io);
    const locked = projects.flatMap(({ lockfiles }) => lockfiles.flatMap(({ dependencies }) => dependencies));
    advisories = startAdvisories(values, policy, locked, io);
    io.answers?.about(projects.flatMap(({ lockfiles }) => lockfiles));
    const isOnly = projects.length === 1 && projects[0]?.lockfiles.length === 1;
    return await work({
      projects,
      unread,
      policy,
      config,
      audit: async (how) => {
        const reports: Report[] = [];
        const failed: UnreadLockfile[] = [];
        for (const project of projects) {
          try {
            reports.push(await auditOne(project, await how(project), isOnly));
          } catch (error) {
            if (!isMendable(error) || found.folders.length === 1) throw error;
            failed.push(...project.lockfiles.map(({ file, path }) => ({ file, path, problem: error.message })));
          }
        }
        return reportOf(reports, [...unread, ...failed], io);
      },
    });
  } finally {
    progress.end();
    trust.close();
  }
}

/** Whether builders can have signed anything that is found: else nobody is asked whom to trust for that. */
export function isBuildSigned({ folders }: Pick<Found, 'folders'>): boolean {
  return folders.some(({ paths }) => paths.some(isOfSigned));
}

/** Whether builders can have signed anything that a lockfile names. */
export function isOfSigned(lockfile: string): boolean {
  return conventionsOf(ecosystemOfLockfile(lockfile)).hasProvenance;
}

/**
 * A change's own lines of assay.lock decide once they are merged, so a run that cannot judge them says so and ends.
 * Throws UsageError.
 */
function demandJudged({ file, lockfiles, beside }: Project, { baseline }: How): void {
  if (beside.length === 0 || baseline?.base?.problem !== null) return;
  const { base } = baseline;
  const lines = changedLines(base.content, baseline.content);
  const audited = lockfiles.flatMap(({ dependencies }) => dependencies);
  const [versions, packages] = [new Set(audited.map(versionId)), new Set(audited.map(packageId))];
  const left = beside
    .flatMap(({ dependencies }) => dependencies)
    .filter(
      (one) =>
        (lines.versions.has(versionId(one)) && !versions.has(versionId(one))) ||
        (lines.packages.has(packageId(one)) && !packages.has(packageId(one))),
    );
  if (left.length === 0) return;
  const names = listed([...new Set(left.map(specOf))].sort(), 5, (spec) => escapeText(spec, 100));
  throw new UsageError(
    `${baseline.file} has lines that are not at ${base.ref}, of what only other lockfiles of the folder name ` +
      `(${names}): name the folder, and not ${file} alone, so that they are judged`,
  );
}

/** What is found in places, the policy that governs it, and how the network is reached for it. */
export async function findPlaces(
  places: readonly string[],
  below: boolean,
  values: OptionValues,
  io: Io,
): Promise<{
  readonly found: Found;
  readonly policy: LoadedPolicy | null;
  /** For what the whole run asks. */
  readonly config: NpmConfig;
  /** For what is asked of the packages of one project. */
  readonly configOf: (project: ProjectInUse) => NpmConfig;
}> {
  const found = findAllLockfiles(places, below, io);
  const governed = values.policy === undefined ? governedFolder(found.folders, io) : io.cwd;
  const policy = await loadPolicy(values, governed, io);
  const firstFolder = found.folders[0]?.folder ?? io.cwd;
  const likely = likelyManagerOf(found.folders[0]?.paths ?? [], io);
  const readPems = pemReader();
  const config = networkConfig(values, firstFolder, io, likely, [], readPems);
  const configOf = (project: ProjectInUse): NpmConfig => {
    const folder = dirname(project.path);
    const nodes = { managers: project.managers, lockfiles: project.lockfiles.filter(isNodeLockfile) };
    return projectConfig(values, nodes, folder, io, folder === firstFolder ? config.warnings : [], readPems);
  };
  return { found, policy, config, configOf };
}

/** A lockfile that cannot be read is reported when its folder is opened. */
function likelyManagerOf(paths: readonly string[], io: Io): ManagerConfig | undefined {
  try {
    return likelyManager(paths, io);
  } catch {
    return undefined;
  }
}

/** Reads the lockfiles that were found, and what their package managers are told. */
export async function openProjects(
  found: Found,
  values: OptionValues,
  policy: LoadedPolicy | null,
  io: Io,
): Promise<Pick<Projects, 'projects' | 'unread'>> {
  const finder = baseFinders();
  const opened = await Promise.all(found.folders.map(({ paths }) => openFolder(paths, values, policy, finder, io)));
  const projects: ProjectInUse[] = [];
  for (const project of opened.flatMap((each) => each.project ?? [])) {
    projects.push({
      ...project,
      managers: managerConfigs(project.lockfiles.filter(isNodeLockfile), dirname(project.path), io),
    });
  }
  const gone = await goneLockfiles(found, values, finder, io);
  const known = new Set(gone.map(({ manifest }) => manifest));
  const unread = [...found.unread.filter(({ file }) => !known.has(file)), ...gone];
  return { projects, unread: [...unread, ...opened.flatMap((each) => each.unread)] };
}

/** One report, of at least one dependency that was looked at, or was there before. Throws UsageError. */
function reportOf([first, ...others]: readonly Report[], unread: readonly UnreadLockfile[], io: Io): Report {
  const problems = [...new Set(unread.map(({ problem }) => problem))].join('; ');
  if (first === undefined) throw new UsageError(problems);
  const report = combineReports([first, ...others], unread);
  const { omitted, dependencies, unchanged } = report.counts;
  if (dependencies + unchanged > 0) return report;
  const files = report.lockfiles.map(({ file }) => file).join(', ');
  const they = report.lockfiles.length === 1 ? 'it names' : 'they name';
  const why =
    omitted > 0 ? 'every dependency is left out by --omit' : (unlocked(report, io) ?? `${they} no dependency`);
  throw new UsageError(`nothing to check in ${files}: ${why}${problems === '' ? '' : `; ${problems}`}`);
}

/** What is said of requirements that name packages and no version of any; null of other lockfiles. */
function unlocked({ lockfiles: [only, ...others] }: Report, io: Io): string | null {
  const asked = only?.findings.filter(({ finding }) => finding.code === 'lockfile-not-used').length ?? 0;
  if (only?.format !== 'requirements' || others.length > 0 || asked === 0) return null;
  const names = namesIn(dirname(resolve(io.cwd, only.file)));
  return `it ${lockingNothing(asked, 0)}: ${hashesCommand(basename(only.file), names)}`;
}

/**
 * The store of this run: what it established for another lockfile first, then what earlier runs kept. So nothing is
 * asked twice.
 */
function sharedStore(established: Map<string, Buffer>, kept: Store | null): Store {
  return {
    get: (id) => {
      const value = established.get(id);
      if (value === undefined) return kept?.get(id) ?? null;
      kept?.put(id, value);
      return value;
    },
    put: (id, value) => {
      established.set(id, value);
      kept?.put(id, value);
    },
  };
}

/** The one directory or lockfile a command takes; the current directory unless one is named. */
export function placeOf(command: string, positionals: readonly string[]): string {
  if (positionals.length > 1) throw new UsageError(`${command} takes one directory or lockfile`);
  return positionals[0] ?? '.';
}

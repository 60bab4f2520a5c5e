import { servingBeside } from './beside.ts';
import { explain } from './compare.ts';
import { auditDependencies, judgeUnheld, verifyForComparison } from './dependencies.ts';
import { changeSince, movedIndexes } from './lockfile-changes.ts';
import { isOmitted, type AuditOptions, type LockfileAuditOptions } from './options.ts';
import { review } from './review.ts';
import { bytesUsed, installedUsed, lockfileUsed, registriesAsked, reportOf, type Covered } from './summary.ts';
import type { BytesWanted } from '../ecosystems/ecosystem.ts';
import { ecosystemOf, ecosystemOfManager, registryOf } from '../ecosystems/index.ts';
import { changedLines, isOfLines, type ChangedLines } from '../baseline/changed-lines.ts';
import { parseLockfile } from '../lockfiles/index.ts';
import { rulingBaseline } from '../model/baseline.ts';
import type { Comparison } from '../model/comparison.ts';
import type { Dependency, LocatedLockfile, PlacedFinding } from '../model/dependency.ts';
import { isOfVendored } from '../model/finding.ts';
import type { CopiesFound } from '../model/gathered.ts';
import { packageId, specOf } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import type { LogSeen } from '../model/log-seen.ts';
import type { JudgedDependency } from '../model/verdict.ts';
import { withoutAttestations } from '../policy/unserved.ts';
import { digestOf } from '../readers/digest.ts';

/** The pipeline: lockfile bytes to a report. Throws LockfileError for a file that cannot be read as a lockfile. */
export async function audit({
  file,
  bytes,
  path = file,
  manifests,
  settings,
  ...options
}: AuditOptions): Promise<Report> {
  const lockfile = parseLockfile(file, bytes, manifests, settings);
  return auditLockfiles([{ ...lockfile, path, digest: digestOf(bytes) }], options);
}

/**
 * Audits the lockfiles of one folder, which share its baseline. A dependency that two of them name is judged in each,
 * one lockfile after the other, so that the second finds in `store` what the first established.
 */
export async function auditLockfiles(
  lockfiles: readonly LocatedLockfile[],
  given: LockfileAuditOptions,
): Promise<Report> {
  const named = [...lockfiles, ...(given.beside ?? [])].flatMap(({ dependencies }) => dependencies);
  const options = { ...given, named, registries: registriesAsked(named, given) };
  const covered: Covered[] = [];
  const base = given.baseline?.base ?? null;
  // Nobody reviews what no run has judged, and once merged it decides: so a change's own lines are judged with it.
  const lines = changedLines(base?.content ?? null, base === null ? null : (given.baseline?.content ?? null));
  for (const lockfile of lockfiles) covered.push(await auditLockfile(lockfile, lines, options));
  const judged = covered.flatMap((one) => one.judged);
  const unserved = withoutAttestations(judged, await servingRegistries(judged, lockfiles, options));
  const { dependencies, used } = await review(unserved.judged, unserved.findings, options);
  const explanations = options.explain === false ? [] : await explanationsOf(dependencies, lockfiles, options);
  const read = {
    logs: covered.flatMap(({ logs }) => logs),
    entries: lockfiles.reduce((sum, { entries }) => sum + entries, 0),
    dependencies: lockfiles.flatMap((lockfile) => lockfile.dependencies),
    skipped: lockfiles.flatMap(({ skipped }) => skipped),
  };
  const summaries = covered.map((one) => lockfileUsed(one, unserved.findings, options));
  const installed = covered.flatMap((one) => one.installed ?? []);
  return {
    ...reportOf(summaries, read, dependencies, options),
    bytes: options.tarballs === true || installed.length > 0 ? bytesUsed(dependencies) : null,
    installed: installed.length > 0 ? installedUsed(installed) : null,
    advisories: (await options.advisories)?.used ?? [],
    review: used,
    explanations,
  };
}

/**
 * Audits what one lockfile names, less what is omitted and what the change leaves as it was. A dependency of which the
 * change brings lines into the baseline is never left out.
 */
async function auditLockfile(
  lockfile: LocatedLockfile,
  lines: ChangedLines,
  options: LockfileAuditOptions & Pick<BytesWanted, 'named'>,
): Promise<Covered> {
  const {
    omit,
    since,
    baseline,
    tarballs,
    installed: root = null,
    vendored = null,
    kept = null,
    checkouts = [],
  } = options;
  const { dependencies, scripts } = lockfile;
  const isUsable = baseline?.base?.problem === null;
  const included = dependencies.filter(
    (dependency) => !isOmitted(dependency, omit) || (isUsable && isOfLines(dependency, lines)),
  );
  const { openInstalled, trustsKept } = ecosystemOfManager(lockfile.manager);
  const asked = lockfile.isVendored === true ? (root ?? vendored) : root;
  const onlyKept = root === null && tarballs !== true && trustsKept && kept !== null;
  const folder = asked ?? (onlyKept ? kept : null);
  // Copies change without the lockfile, so that all of them are compared.
  const isCompared = folder !== null && (lockfile.isVendored === true || onlyKept);
  const before = since?.before.get(lockfile.file) ?? null;
  const change = since ? changeSince(before, lockfile) : null;
  const indexes = movedIndexes(before, lockfile, (one) => registryOf(one, options), since?.ref ?? '');
  const isChanged = (dependency: Dependency): boolean =>
    change === null || change.gained.has(dependency) || indexes.moved.has(dependency);
  const isNew = (dependency: Dependency): boolean =>
    isCompared || isChanged(dependency) || isOfLines(dependency, lines);
  const unchanged = included.filter((dependency) => !isNew(dependency));
  const wanted = included.filter(isNew);

  const installed = root === null || openInstalled === null ? null : await openInstalled(root, lockfile);
  const logs: LogSeen[] = [];
  const copies: CopiesFound[] = [];
  const judged = await auditDependencies(wanted, {
    ...options,
    onLogs: (seen) => logs.push(...seen),
    onCopies: (found) => copies.push(found),
    ...(scripts && { scripts }),
    compareBytes:
      tarballs === true || folder !== null
        ? { installed, folder, onlyKept, lockfile, named: options.named, checkouts }
        : null,
    locked: dependencies,
  });

  const omitted = dependencies.length - included.length;
  const used = installed?.used(wanted) ?? copies[0]?.used ?? null;
  const all = {
    lockfile: withFound(lockfile, copies, indexes.findings),
    judged,
    omitted,
    unchanged,
    installed: used,
    logs,
  };
  if (!since || change === null) return { ...all, since: null };
  const { ref, commit } = since;
  const { found, problem, removed } = change;
  const specs = [...new Set(unchanged.map(specOf))].sort();
  return { ...all, since: { ref, commit, found, problem, unchanged: specs, removed } };
}

/** With what was found and is no dependency's; of copies that were all compared, no warning remains. */
function withFound(
  lockfile: LocatedLockfile,
  copies: readonly CopiesFound[],
  others: readonly PlacedFinding[],
): LocatedLockfile {
  const isCompared = copies.some(({ isWhole }) => isWhole);
  const place = { file: lockfile.file, line: 1, path: '' };
  const found = copies.flatMap(({ findings }) => findings.map((one) => ({ place, finding: one })));
  const before = (lockfile.findings ?? []).filter((one) => !(isCompared && isOfVendored(one.finding)));
  return { ...lockfile, findings: [...before, ...others, ...found] };
}

/** Dependencies beside the judged ones that show whether their registries serve attestations. */
function servingRegistries(
  judged: readonly JudgedDependency[],
  lockfiles: readonly LocatedLockfile[],
  options: LockfileAuditOptions,
): Promise<readonly JudgedDependency[]> {
  const ruling = options.baseline ? rulingBaseline(options.baseline) : null;
  return servingBeside(judged, {
    sources: options,
    locked: lockfiles.flatMap(({ dependencies }) => dependencies),
    isWithout: (one) => ruling?.packages.get(packageId(one))?.versions.get(one.version)?.provenance.identity === null,
    judge: (dependencies) => judgeUnheld(dependencies, options),
  });
}

/** Compares what asks for a decision with other versions of the same package. */
function explanationsOf(
  judged: readonly JudgedDependency[],
  lockfiles: readonly LocatedLockfile[],
  options: LockfileAuditOptions,
): Promise<readonly Comparison[]> {
  const managers = new Map(lockfiles.map(({ file, manager }) => [file, manager]));
  return explain(judged, {
    sources: options,
    baseline: options.baseline ? rulingBaseline(options.baseline) : null,
    verify: verifyForComparison(options),
    managerOf: (one) => managers.get(one.places[0]?.file ?? '') ?? ecosystemOf(one).manager,
  });
}

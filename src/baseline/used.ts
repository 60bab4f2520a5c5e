import { isDeepStrictEqual } from 'node:util';
import {
  type AcceptedFinding,
  rulingBaseline,
  type Baseline,
  type BaselineBase,
  type BaselineInUse,
  type BaselinePackage,
  type BaselineVersion,
  type LastingIdentity,
  type LogHead,
  type SeenVersion,
} from '../model/baseline.ts';
import type { Dependency, PlacedFinding } from '../model/dependency.ts';
import {
  nameOf,
  packageId,
  type PackageId,
  packageRef,
  specOf,
  type VersionId,
  versionId,
  type VersionRef,
} from '../model/package.ts';
import { finding } from '../model/finding.ts';
import type { LogSeen } from '../model/log-seen.ts';
import type { BaselineBaseUsed, BaselineUsed } from '../model/report.ts';
import { HOUR, type Instant } from '../model/time.ts';
import type { JudgedDependency } from '../model/verdict.ts';
import { latestIdentities, updateBaseline } from './update.ts';

/** What a run was about. */
interface Run {
  /** All that the lockfiles name which share the baseline. */
  readonly locked: readonly Dependency[];
  readonly judged: readonly JudgedDependency[];
  /** Whether --omit would leave it out. */
  readonly isOmitted: (dependency: Dependency) => boolean;
  readonly now: Instant;
  /** What came of the transparency logs that were asked. */
  readonly logs: readonly LogSeen[];
}

/**
 * What the baseline covers of what was judged, what of it nothing names any more, and what a pull request does to it.
 */
export function baselineUsed(baseline: BaselineInUse, run: Run): BaselineUsed {
  const { locked, judged } = run;
  const ruling = rulingBaseline(baseline);
  const lockedIds = new Set(locked.map(versionId));
  const uncovered = judged.filter(({ baseline: state }) => ruling === null || state === 'uncovered');
  return {
    file: baseline.file,
    found: baseline.content !== null,
    held: judged.filter(({ baseline: state }) => state === 'held').length,
    uncovered: [...new Set(uncovered.map(({ dependency }) => specOf(dependency)))].sort(),
    unused: versionsOf(ruling)
      .filter((one) => !lockedIds.has(versionId(one)))
      .map(specOf)
      .sort(),
    ...(baseline.format === undefined ? {} : { format: baseline.format }),
    base: baseline.base ? baseUsed(baseline.base, baseline, run) : null,
  };
}

function versionsOf(baseline: Baseline | null): readonly VersionRef[] {
  const packages = [...(baseline?.packages ?? [])];
  return packages.flatMap(([id, { versions }]) =>
    [...versions.keys()].map((version) => ({ ...packageRef(id), version })),
  );
}

function baseUsed(base: BaselineBase, { content: now, format }: BaselineInUse, run: Run): BaselineBaseUsed {
  const { locked, judged, isOmitted } = run;
  const { ref, commit, content, policyChanged, problem } = base;
  const before = content?.packages ?? new Map<PackageId, BaselinePackage>();
  const after = now?.packages ?? new Map<PackageId, BaselinePackage>();
  const lockedPackages = new Set(locked.map(packageId));
  const lockedVersions = new Set(locked.map(versionId));
  const earned = updateBaseline(content, judged).baseline.packages;
  const unanswered = judged.filter(isUnanswered).map(({ dependency }) => dependency);
  const isOpen = new Set<VersionId | PackageId>([...unanswered.map(versionId), ...unanswered.map(packageId)]);
  const edited: string[] = [];
  const removed: string[] = [];
  for (const [id, was] of before) {
    const one = packageRef(id);
    const is = after.get(id);
    if (is === undefined && was.versions.size === 0 && lockedPackages.has(id)) removed.push(nameOf(one));
    if (is !== undefined && isEdited(was, is, earned.get(id))) edited.push(nameOf(one));
    for (const [version, entry] of was.versions) {
      const spec = specOf({ ...one, version });
      const entryNow = is?.versions.get(version);
      if (entryNow === undefined) removed.push(...(lockedVersions.has(`${id}@${version}`) ? [spec] : []));
      else if (!isDeepStrictEqual(entry, entryNow) && !isOpen.has(`${id}@${version}`)) {
        if (!isDeepStrictEqual(entryNow, earned.get(id)?.versions.get(version))) edited.push(spec);
      }
    }
  }
  for (const was of content?.heads ?? []) {
    const is = now?.heads.find(({ origin }) => origin === was.origin);
    if (is === undefined || is.size < was.size || !isHeadFounded(is, was, run)) edited.push(`log ${was.origin}`);
  }
  // The older format lacks the digests that keep a merge from giving one builder's version to another.
  if (content !== null && format !== undefined && base.format === undefined) edited.push(`format ${format}`);
  edited.push(...putOff(content, now, { lockedVersions, judged, now: run.now }).map(specOf));
  const despiteOmit = judged.filter((one) => one.baseline !== 'held' && isOmitted(one.dependency));
  const known = (base.standing?.ruling ?? content)?.accepted ?? [];
  const isIn = (lines: readonly AcceptedFinding[], one: AcceptedFinding): boolean =>
    lines.some((other) => isDeepStrictEqual(other, one));
  const accepted = (problem === null ? (now?.accepted ?? []) : []).filter((one) => !isIn(known, one));
  const used = new Set(judged.flatMap(({ findings }) => findings.map((each) => each.accepted)));
  // An update drops what is accepted of a version that nothing locks: it would count once that is.
  const forLater = accepted.filter((one) => !lockedVersions.has(versionId(one)) && !isIn(content?.accepted ?? [], one));
  return {
    ref,
    commit,
    found: content !== null,
    policyChanged,
    problem,
    edited: edited.sort(),
    unfounded:
      problem === null && now !== null
        ? [...new Set([...unfounded(content, now, earned, isOpen, run), ...forLater.map(specOf)])].sort()
        : [],
    removed: removed.sort(),
    despiteOmit: [...new Set(despiteOmit.map(({ dependency }) => specOf(dependency)))].sort(),
    // Those that count now come first, as not all of them may be shown.
    accepted: [...accepted.filter((one) => used.has(one)), ...accepted.filter((one) => !used.has(one))],
  };
}

/** Something of it was not to be had: what an update would write of it is not known, and the run has no statement. */
function isUnanswered({ findings }: JudgedDependency): boolean {
  return findings.some(({ kind }) => kind === 'unavailable');
}

/**
 * What a change brings into a baseline that is not what an update would write. Nothing of it counts in its own run;
 * merged, it would decide the next one, so that this one fails.
 */
export function forgedIn({ file, base }: BaselineUsed): readonly PlacedFinding[] {
  const entries = base === null ? [] : [...new Set([...base.edited, ...base.unfounded])].sort();
  if (base === null || entries.length === 0) return [];
  const forged = finding('baseline-forged', { ref: base.ref, entries });
  return [{ place: { file, line: 1, path: '' }, finding: forged }];
}

const CLOCKS_DIFFER = HOUR;

/**
 * Versions whose clock would start later than it did. It started when the base says or, where the base has no line, no
 * later than the lockfile's history shows (or within the hour, as clocks differ), and never in the future. What was
 * taken in meanwhile waits for nobody; a line that is new and of what nothing locks would be there before its version
 * is. With a first baseline, all clocks start.
 */
function putOff(
  before: Baseline | null,
  now: Baseline | null,
  run: {
    readonly lockedVersions: ReadonlySet<VersionId>;
    readonly judged: readonly JudgedDependency[];
    readonly now: Instant;
  },
): readonly SeenVersion[] {
  const started = earliestOf(before?.seen ?? []);
  const lines = earliestOf(now?.seen ?? []);
  const shown = earliestOf(
    run.judged.flatMap(({ dependency: { ecosystem, name, version }, findings }) =>
      findings.flatMap(({ review }) => (review ? [{ ecosystem, name, version, time: review.firstSeen.time }] : [])),
    ),
  );
  return [...new Map([...started, ...lines]).values()].filter((one) => {
    const id = versionId(one);
    const was = started.get(id)?.time ?? Infinity;
    const is = lines.get(id)?.time ?? Infinity;
    if (is === was || now?.packages.get(packageId(one))?.versions.has(one.version) === true) return false;
    if (!run.lockedVersions.has(id)) return is !== Infinity;
    return is > Math.min(was, (shown.get(id)?.time ?? Infinity) + CLOCKS_DIFFER, run.now + CLOCKS_DIFFER);
  });
}

function earliestOf(seen: readonly SeenVersion[]): ReadonlyMap<VersionId, SeenVersion> {
  const earliest = new Map<VersionId, SeenVersion>();
  for (const one of seen) {
    const other = earliest.get(versionId(one));
    if (other === undefined || one.time < other.time) earliest.set(versionId(one), one);
  }
  return earliest;
}

/**
 * An entry may lack what its version reaches: whoever wrote it had a policy that does not ask. What it says of that has
 * to be what this run read.
 */
function fits(entry: BaselineVersion, wanted: BaselineVersion): boolean {
  const { capabilities } = entry;
  return isDeepStrictEqual(entry, capabilities === null ? { ...wanted, capabilities } : wanted);
}

/**
 * Whether the lines of a package itself are another than update would have left: an identity stays, or is that of the
 * highest version that was proven; since when there is provenance stays, or is what this run finds.
 */
function isEdited(was: BaselinePackage, is: BaselinePackage, earned: BaselinePackage | undefined): boolean {
  const latest = latestIdentities(is);
  const stands = (
    now: LastingIdentity | null | undefined,
    before: LastingIdentity | null | undefined,
    highest: LastingIdentity | null | undefined,
  ): boolean => isDeepStrictEqual(now, before) || (Boolean(highest) && isDeepStrictEqual(now, highest));
  const names = new Set([...was.channels.keys(), ...is.channels.keys()]);
  const identitiesStand =
    stands(is.identity, was.identity, latest.identity) &&
    [...names].every((name) => stands(is.channels.get(name), was.channels.get(name), latest.channels.get(name)));
  const sinceStands = isDeepStrictEqual(is.since, was.since) || isDeepStrictEqual(is.since, earned?.since);
  return !identitiesStand || !sinceStands;
}

/** Whether the tree of a log stayed, or is one that this run has proven; without an answer, nothing is said. */
function isHeadFounded(is: LogHead, was: LogHead | null, { logs }: Run): boolean {
  if (isDeepStrictEqual(is, was)) return true;
  return logs.some(
    ({ origin, kept, head, unanswered }) =>
      origin === is.origin && (unanswered || [...kept, head].some((one) => isDeepStrictEqual(one, is))),
  );
}

/**
 * What is new in the file and not what an update would write: an entry of what is not locked, or of what this run does
 * not find as the entry says. It holds nothing in this run. What could not be asked about (`isOpen`) is without
 * statement, and no entry of it forged.
 */
function unfounded(
  before: Baseline | null,
  now: Baseline,
  earned: Baseline['packages'],
  isOpen: ReadonlySet<VersionId | PackageId>,
  run: Run,
): readonly string[] {
  const found: string[] = [];
  for (const head of now.heads) {
    const isNew = before?.heads.some(({ origin }) => origin === head.origin) !== true;
    if (isNew && !isHeadFounded(head, null, run)) found.push(`log ${head.origin}`);
  }
  for (const [id, is] of now.packages) {
    const one = packageRef(id);
    const was = before?.packages.get(id);
    const due = earned.get(id);
    for (const [version, entry] of is.versions) {
      if (was?.versions.has(version) === true || isOpen.has(`${id}@${version}`)) continue;
      const wanted = due?.versions.get(version);
      if (wanted === undefined || !fits(entry, wanted)) found.push(specOf({ ...one, version }));
    }
    if (was !== undefined || isOpen.has(id)) continue;
    const { identity, channels, since } = is;
    const isOwn = isDeepStrictEqual({ identity, channels }, latestIdentities(is));
    if (!isOwn || due === undefined || !isDeepStrictEqual(since, due.since)) found.push(nameOf(one));
  }
  return found.sort();
}

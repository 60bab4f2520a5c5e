import { isDeepStrictEqual } from 'node:util';
import {
  rulingBaseline,
  type Baseline,
  type BaselineBase,
  type BaselineInUse,
  type BaselinePackage,
  type BaselineVersion,
} from '../model/baseline.ts';
import { specOf, type Dependency, type PlacedFinding } from '../model/dependency.ts';
import { finding } from '../model/finding.ts';
import type { BaselineBaseUsed, BaselineUsed } from '../model/report.ts';
import type { JudgedDependency } from '../model/verdict.ts';
import { latestIdentities, updateBaseline } from './update.ts';

/**
 * What the baseline covers of what was judged, what of it nothing names any more, and what a pull request does to it.
 */
export function baselineUsed(
  baseline: BaselineInUse,
  locked: readonly Dependency[],
  judged: readonly JudgedDependency[],
): BaselineUsed {
  const ruling = rulingBaseline(baseline);
  const lockedSpecs = new Set(locked.map(specOf));
  const uncovered = judged.filter(({ baseline: state }) => ruling === null || state === 'uncovered');
  return {
    file: baseline.file,
    found: baseline.content !== null,
    held: judged.filter(({ baseline: state }) => state === 'held').length,
    uncovered: [...new Set(uncovered.map(({ dependency }) => specOf(dependency)))].sort(),
    unused: specsOf(ruling).filter((spec) => !lockedSpecs.has(spec)),
    base: baseline.base ? baseUsed(baseline.base, baseline.content, locked, judged) : null,
  };
}

function specsOf(baseline: Baseline | null): readonly string[] {
  const packages = [...(baseline?.packages ?? [])];
  return packages
    .flatMap(([name, { versions }]) => [...versions.keys()].map((version) => specOf({ name, version })))
    .sort();
}

function baseUsed(
  base: BaselineBase,
  now: Baseline | null,
  locked: readonly Dependency[],
  judged: readonly JudgedDependency[],
): BaselineBaseUsed {
  const { ref, commit, content, policyChanged, problem } = base;
  const before = content?.packages ?? new Map<string, BaselinePackage>();
  const after = now?.packages ?? new Map<string, BaselinePackage>();
  const names = new Set(locked.map(({ name }) => name));
  const specs = new Set(locked.map(specOf));
  const earned = updateBaseline(content, judged).baseline.packages;
  const unanswered = unansweredIn(judged);
  const edited: string[] = [];
  const removed: string[] = [];
  for (const [name, was] of before) {
    const is = after.get(name);
    if (is === undefined && was.versions.size === 0 && names.has(name)) removed.push(name);
    if (is !== undefined && isEdited(was, is)) edited.push(name);
    for (const [version, entry] of was.versions) {
      const spec = specOf({ name, version });
      const entryNow = is?.versions.get(version);
      if (entryNow === undefined) removed.push(...(specs.has(spec) ? [spec] : []));
      else if (!isDeepStrictEqual(entry, asBefore(entryNow, entry)) && !unanswered.has(spec)) {
        const wanted = earned.get(name)?.versions.get(version);
        if (!isDeepStrictEqual(entryNow, wanted)) edited.push(spec);
      }
    }
  }
  edited.push(...putOff(content, now).filter((spec) => specs.has(spec)));
  const known = content?.accepted ?? [];
  const accepted = problem === null ? (now?.accepted ?? []) : [];
  return {
    ref,
    commit,
    found: content !== null,
    policyChanged,
    problem,
    edited: edited.sort(),
    unfounded: problem === null && now !== null ? unfounded(content, now, locked, judged) : [],
    removed: removed.sort(),
    accepted: accepted.filter((one) => !known.some((old) => isDeepStrictEqual(old, one))),
  };
}

/** Versions of which something was not to be had: what an update would write of them is not known. */
function unansweredIn(judged: readonly JudgedDependency[]): ReadonlySet<string> {
  const open = judged.filter(({ findings }) => findings.some(({ kind }) => kind === 'unavailable'));
  return new Set(open.map(({ dependency }) => specOf(dependency)));
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

/** Versions whose clock starts later than it did, without having been taken in. */
function putOff(before: Baseline | null, now: Baseline | null): readonly string[] {
  const times = new Map(now?.seen.map((one) => [specOf(one), one.time]));
  return (before?.seen ?? [])
    .filter((one) => now?.packages.get(one.name)?.versions.has(one.version) !== true)
    .filter((one) => one.time < (times.get(specOf(one)) ?? Infinity))
    .map(specOf);
}

/** Without the one line that update may add to an entry. */
function asBefore(entry: BaselineVersion, { capabilities }: BaselineVersion): BaselineVersion {
  return capabilities === null ? { ...entry, capabilities } : entry;
}

/**
 * Whether the lines of a package itself are another than update would have left: the identity stays, or is that of the
 * highest version that was proven; what is known since when only ever gets older.
 */
function isEdited(was: BaselinePackage, is: BaselinePackage): boolean {
  const latest = latestIdentities(is);
  const identityStands =
    isDeepStrictEqual(is.identity, was.identity) || isDeepStrictEqual(is.identity, latest.identity);
  const names = new Set([...was.channels.keys(), ...is.channels.keys()]);
  const channelsStand = [...names].every((name) => {
    const now = is.channels.get(name);
    return isDeepStrictEqual(now, was.channels.get(name)) || isDeepStrictEqual(now, latest.channels.get(name));
  });
  const sinceStands =
    was.since === null ||
    isDeepStrictEqual(is.since, was.since) ||
    (is.since !== null && is.since.published !== null && is.since.published < (was.since.published ?? Infinity));
  return !identityStands || !channelsStand || !sinceStands;
}

/**
 * What is new in the file and not what an update would write: an entry of what is not locked, or of what this run does
 * not find as the entry says. It holds nothing in this run. What could not be asked about is without statement, and no
 * entry of it forged.
 */
function unfounded(
  before: Baseline | null,
  now: Baseline,
  locked: readonly Dependency[],
  judged: readonly JudgedDependency[],
): readonly string[] {
  const earned = updateBaseline(before, judged).baseline.packages;
  const lockedSpecs = new Set(locked.map(specOf));
  const judgedSpecs = new Set(judged.map(({ dependency }) => specOf(dependency)));
  const unanswered = unansweredIn(judged);
  const found: string[] = [];
  for (const [name, is] of now.packages) {
    const was = before?.packages.get(name);
    const due = earned.get(name);
    for (const [version, entry] of is.versions) {
      const spec = specOf({ name, version });
      // What --omit leaves out of a run is nobody's to say.
      if (was?.versions.has(version) === true || unanswered.has(spec)) continue;
      if (lockedSpecs.has(spec) && !judgedSpecs.has(spec)) continue;
      const wanted = due?.versions.get(version);
      if (wanted === undefined || !isDeepStrictEqual(asBefore(entry, wanted), asBefore(wanted, entry)))
        found.push(spec);
    }
    const { identity, channels } = is;
    if (was === undefined && !isDeepStrictEqual({ identity, channels }, latestIdentities(is))) found.push(name);
  }
  return found.sort();
}

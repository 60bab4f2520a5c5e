import parse from 'semver/functions/parse.js';
import compare from 'semver/functions/compare.js';
import type { BaselinePackage } from '../../model/baseline.ts';
import type { Manifest, Packument } from '../../model/evidence.ts';
import { finding, type Finding, type FindingArgs, type ScriptDecision } from '../../model/finding.ts';
import { DAY, type Instant } from '../../model/time.ts';
import { recordedBefore } from '../baseline.ts';
import { releaseApart } from '../channels.ts';
import { changesSince } from '../comparison.ts';
import { earlierVersions, releaseLine, versionBefore, type EarlierVersion } from '../history.ts';

/** What is known of a release beside its manifest and history. */
export interface ReleaseContext {
  /** What the baseline has of the package; null where there is none. */
  readonly known: BaselinePackage | null;
  readonly provenance: FindingArgs['history-dependency-added']['provenance'];
  /** Whether the project lets its install scripts run. */
  readonly scripts: ScriptDecision;
}

/**
 * What does a release do that the one before it did not? That is the version the baseline last had, else the
 * predecessor; and, as an attacker can publish that, too, the nearest one that is a week older. The pipeline that
 * proves its provenance is judged by its identity, not by the account it publishes with.
 */
export function checkRelease(packument: Packument, manifest: Manifest, context: ReleaseContext): readonly Finding[] {
  const { version } = manifest;
  const before = manifestBefore(packument, version, context.known);
  const older = packument.versions.get(releaseApart(packument, version, APART)?.version ?? '');
  const earlier = [before, older].filter((one) => one !== undefined);
  const found = [
    isNew(packument, version) ? checkNewPackage(manifest, context.scripts) : null,
    before === undefined || context.provenance === 'proven'
      ? null
      : checkPublisher(packument, manifest, before, context),
    checkApproval(earlier, manifest, context.known),
    checkScripts(packument, earlier, manifest, context.scripts),
    checkDependencies(earlier, manifest, packument.time.get(version) ?? null, context),
    before === undefined ? null : checkDistTag(packument, version),
  ].filter((one) => one !== null);
  // What was added to a new package is its own finding.
  const isAdded = found.some(({ code }) => code === 'history-install-script-added');
  return isAdded ? found.filter(({ code }) => code !== 'history-new-package-script') : found;
}

/** Whether nothing of the package is a week older. */
function isNew(packument: Packument, version: string): boolean {
  const at = packument.time.get(version) ?? null;
  const isOlder = ({ published }: EarlierVersion): boolean => !at || !published || at - published >= APART;
  return !earlierVersions(packument, version).some(isOlder);
}

/** What the baseline had last may be gone from the registry, which then says nothing of it. */
function manifestBefore(packument: Packument, version: string, known: BaselinePackage | null): Manifest | undefined {
  const recorded = known === null ? null : recordedBefore(known, version);
  const before = recorded === null ? undefined : packument.versions.get(recorded);
  return before ?? packument.versions.get(versionBefore(packument, version)?.version ?? '');
}

/**
 * How far from a release another one must be to say anything: a second bad release does not make the first one good.
 */
const APART = 7 * DAY;

/**
 * Was it published by an account that never published the package before, or by a person in the place of a pipeline?
 * Where provenance was lost with it, that is the same event, and this a note. Maintainers who take turns are one, too.
 */
function checkPublisher(
  packument: Packument,
  { version, publisher }: Manifest,
  before: Manifest,
  { provenance, known }: ReleaseContext,
): Finding | null {
  const from = known?.versions.get(before.version)?.publisher ?? before.publisher?.name;
  if (publisher === null || from === undefined) return null;
  const to = publisher.name;
  const isPerson = publisher.trustedPublisher === null;
  const debut = isPerson ? debutOf(packument, version, to) : null;
  if (debut !== null) return finding('history-publisher-new', { ...debut, to }, noteIf(provenance === 'lost'));
  if (from === to) return null;
  const byPipeline = (before.publisher?.trustedPublisher ?? null) !== null;
  const isRoutine = provenance === 'lost' || !byPipeline || !isPerson;
  return finding('history-publisher-changed', { from, to, version: before.version }, noteIf(isRoutine));
}

function noteIf(isRoutine: boolean): 'note' | undefined {
  return isRoutine ? 'note' : undefined;
}

/**
 * The first version by an account that has published the package only around this release, and the last one before that
 * by somebody else. Null for the only account there is, and where those who published before have gone on since and
 * left this release in place: then it is a maintainer who published once.
 */
function debutOf(
  packument: Packument,
  version: string,
  account: string,
): { readonly first: string; readonly from: string; readonly version: string } | null {
  const at = packument.time.get(version) ?? null;
  const publisherOf = (one: string): string | null => packument.versions.get(one)?.publisher?.name ?? null;
  const isApart = (time: Instant | null | undefined): boolean => !at || !time || Math.abs(time - at) >= APART;
  const earlier: { readonly version: string; readonly name: string; readonly published: Instant | null }[] = [];
  // Most often the first of these says that the account is known; no more manifests are read than that takes.
  for (const { version: one, published } of earlierVersions(packument, version).toReversed()) {
    const name = publisherOf(one);
    if (name === account && isApart(published)) return null;
    if (name !== null) earlier.push({ version: one, name, published });
  }
  const own = earlier.filter(({ name }) => name === account);
  const first = own.reduce((a, b) => ((b.published ?? 0) < (a.published ?? 0) ? b : a), { version, published: at });
  const before = earlier.filter((one) => one.name !== account && (one.published ?? 0) < (first.published ?? Infinity));
  const others = new Set(before.map(({ name }) => name));
  const [last] = before;
  const isKnownSince = (later: string): boolean => {
    const time = packument.time.get(later);
    if (at === null || time === undefined || time < at || !isApart(time)) return false;
    const name = publisherOf(later);
    return name !== null && (name === account || others.has(name));
  };
  if (last === undefined || [...packument.versions.keys()].some(isKnownSince)) return null;
  return { first: first.version, from: last.name, version: last.version };
}

/** Did a person release the earlier ones, after they were staged, and nobody this one? */
function checkApproval(
  earlier: readonly Manifest[],
  { publisher }: Manifest,
  known: BaselinePackage | null,
): Finding | null {
  if (publisher === null || publisher.approver !== undefined) return null;
  for (const { version, publisher: by } of earlier) {
    const approver = known?.versions.get(version)?.approver ?? by?.approver;
    if (approver !== undefined) return finding('history-approval-lost', { version, approver });
  }
  return null;
}

/** Does a package that nobody had the time to know run something at install? */
function checkNewPackage({ installScripts }: Manifest, decision: ScriptDecision): Finding | null {
  const scripts = Object.keys(installScripts);
  if (scripts.length === 0) return null;
  const args = { scripts, commands: Object.values(installScripts), ...decision };
  return finding('history-new-package-script', args, noteIf(decision.permission === 'denied'));
}

/**
 * Does it run something at install that an earlier version did not, or another text under the name of what ran? A text
 * is another one than the oldest of these had; whether it is another one, `isSameScript` decides. What the project
 * keeps from running is a note.
 */
function checkScripts(
  { time }: Packument,
  earlier: readonly Manifest[],
  now: Manifest,
  decision: ScriptDecision,
): Finding | null {
  const timeOf = ({ version }: Manifest): Instant => time.get(version) ?? 0;
  const [oldest] = earlier.toSorted((a, b) => timeOf(a) - timeOf(b));
  for (const before of earlier) {
    const { addedScripts, changedScripts } = changesSince(before, now);
    const changed = before === oldest ? changedScripts.filter((one) => !isSameScript(one, before, now)) : [];
    const scripts = [...addedScripts.map((one) => ({ ...one, before: '' })), ...changed];
    if (scripts.length === 0) continue;
    const args = {
      scripts: scripts.map(({ name }) => name),
      commands: scripts.map(({ command }) => command),
      ...(changed.length > 0 && { was: scripts.map((one) => one.before) }),
      version: before.version,
      ...decision,
    };
    return finding('history-install-script-added', args, noteIf(decision.permission === 'denied'));
  }
  return null;
}

/**
 * The same but for the package's own version, white space, and whether a failure stops the installation. Where a
 * document has no texts, nothing says that they differ.
 */
function isSameScript(
  { before, command }: { readonly before: string; readonly command: string },
  was: Manifest,
  now: Manifest,
): boolean {
  if (before === '' || command === '') return true;
  const plain = (text: string, { version }: Manifest): string =>
    text
      .replaceAll(version, 'VERSION')
      .replaceAll(/\s+/g, ' ')
      .replace(/(?: ?\|\| ?(?:exit 0|true|:))+ ?$/, '')
      .trim();
  return plain(before, was) === plain(command, now);
}

/**
 * Does it bring in something new? How old that is, the other dependencies of the lockfile tell (added-dependencies.ts).
 */
function checkDependencies(
  earlier: readonly Manifest[],
  now: Manifest,
  published: Instant | null,
  { provenance }: ReleaseContext,
): Finding | null {
  const added = new Map(earlier.flatMap((before) => changesSince(before, now).dependencies));
  const before = earlier.find((one) => changesSince(one, now).dependencies.length > 0);
  if (before === undefined) return null;
  const dependencies = [...added];
  return finding('history-dependency-added', {
    dependencies: dependencies.map(([name]) => name),
    version: before.version,
    added: dependencies.map(([name, spec]) => ({ name, spec, firstPublished: null, version: null, published: null })),
    published,
    provenance,
  });
}

/**
 * Did the maintainers take it back from everybody who asks for no version in particular? A stable version that `latest`
 * is below, although that one was published earlier, and that no other tag announces.
 */
function checkDistTag({ distTags, time, versions }: Packument, version: string): Finding | null {
  const latest = Object.hasOwn(distTags, 'latest') ? distTags['latest'] : undefined;
  if (latest === undefined || !versions.has(latest) || parse(latest) === null) return null;
  if (parse(version)?.prerelease.length !== 0 || compare(latest, version) >= 0) return null;
  const line = releaseLine(version);
  const isAnnounced = Object.values(distTags).some(
    (one) => parse(one)?.prerelease.length === 0 && releaseLine(one) === line && compare(one, version) >= 0,
  );
  const [published, at] = [time.get(latest), time.get(version)];
  if (releaseLine(latest) !== line || isAnnounced || published === undefined || at === undefined || published >= at) {
    return null;
  }
  return finding('history-dist-tag-moved-back', { latest, published });
}

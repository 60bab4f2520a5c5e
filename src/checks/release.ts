import type { BaselinePackage } from '../model/baseline.ts';
import { finding, type Finding, type FindingArgs, type ScriptDecision } from '../model/finding.ts';
import type { History, Release } from '../model/history.ts';
import { DAY, type Instant } from '../model/time.ts';
import { recordedBefore } from './baseline.ts';
import { releaseApart } from './channels.ts';
import { changesSince } from './comparison.ts';
import { earlierVersions, versionBefore, type EarlierVersion } from './history.ts';

/** What is known of a release beside what its registry says of it. */
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
export function checkRelease(history: History, release: Release, context: ReleaseContext): readonly Finding[] {
  const { version } = release;
  const before = releaseBefore(history, version, context.known);
  const older = history.versions.get(releaseApart(history, version, APART)?.version ?? '');
  const earlier = [before, older].filter((one) => one !== undefined);
  const found = [
    isNew(history, version) ? checkNewPackage(release, context.scripts) : null,
    before === undefined || context.provenance === 'proven' ? null : checkPublisher(history, release, earlier, context),
    checkApproval(earlier, release, context.known),
    checkScripts(history, earlier, release, context.scripts),
    checkDependencies(earlier, release, history.time.get(version) ?? null, context),
  ].filter((one) => one !== null);
  // What was added to a new package is its own finding.
  const isAdded = found.some(({ code }) => code === 'history-install-script-added');
  return isAdded ? found.filter(({ code }) => code !== 'history-new-package-script') : found;
}

/** Whether nothing of the package is a week older. */
function isNew(history: History, version: string): boolean {
  const at = history.time.get(version) ?? null;
  const isOlder = ({ published }: EarlierVersion): boolean => !at || !published || at - published >= APART;
  return !earlierVersions(history, version).some(isOlder);
}

/** What the baseline had last may be gone from the registry, which then says nothing of it. */
export function releaseBefore(history: History, version: string, known: BaselinePackage | null): Release | undefined {
  const recorded = known === null ? null : recordedBefore(known, { ecosystem: history.ecosystem, version });
  const before = recorded === null ? undefined : history.versions.get(recorded);
  return before ?? history.versions.get(versionBefore(history, version)?.version ?? '');
}

/**
 * How far from a release another one must be to say anything: a second bad release does not make the first one good.
 */
const APART = 7 * DAY;

/**
 * Was it published by an account that never published the package before, or by a person in the place of the pipeline
 * that published one of the `earlier` releases? Where provenance was lost with it, that is the same event, and this a
 * note. Maintainers who take turns are one, too.
 */
function checkPublisher(
  history: History,
  { version, publisher }: Release,
  earlier: readonly Release[],
  { provenance, known }: ReleaseContext,
): Finding | null {
  const isPerson = publisher?.trustedPublisher === null;
  const byPipeline = ({ publisher: by }: Release): boolean => (by?.trustedPublisher ?? null) !== null;
  const ofPipeline = isPerson ? earlier.find(byPipeline) : undefined;
  const before = ofPipeline ?? earlier[0];
  if (before === undefined) return null;
  const from = known?.versions.get(before.version)?.publisher ?? before.publisher?.name;
  if (publisher === null || from === undefined) return null;
  const to = publisher.name;
  const debut = isPerson ? debutOf(history, version, to) : null;
  if (debut !== null) return finding('history-publisher-new', { ...debut, to }, noteIf(provenance === 'lost'));
  if (from === to) return null;
  const isRoutine = provenance === 'lost' || ofPipeline === undefined || !isPerson;
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
  history: History,
  version: string,
  account: string,
): { readonly first: string; readonly from: string; readonly version: string } | null {
  const at = history.time.get(version) ?? null;
  const publisherOf = (one: string): string | null => history.versions.get(one)?.publisher?.name ?? null;
  const isApart = (time: Instant | null | undefined): boolean => !at || !time || Math.abs(time - at) >= APART;
  const earlier: { readonly version: string; readonly name: string; readonly published: Instant | null }[] = [];
  // Most often the first of these says that the account is known; no more releases are read than that takes.
  for (const { version: one, published } of earlierVersions(history, version).toReversed()) {
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
    const time = history.time.get(later);
    if (at === null || time === undefined || time < at || !isApart(time)) return false;
    const name = publisherOf(later);
    return name !== null && (name === account || others.has(name));
  };
  if (last === undefined || [...history.versions.keys()].some(isKnownSince)) return null;
  return { first: first.version, from: last.name, version: last.version };
}

/** Did a person release the earlier ones, after they were staged, and nobody this one? */
function checkApproval(
  earlier: readonly Release[],
  { publisher }: Release,
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
function checkNewPackage({ installScripts }: Release, decision: ScriptDecision): Finding | null {
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
  { time }: History,
  earlier: readonly Release[],
  now: Release,
  decision: ScriptDecision,
): Finding | null {
  const timeOf = ({ version }: Release): Instant => time.get(version) ?? 0;
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
  was: Release,
  now: Release,
): boolean {
  if (before === '' || command === '') return true;
  const plain = (text: string, { version }: Release): string =>
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
  earlier: readonly Release[],
  now: Release,
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

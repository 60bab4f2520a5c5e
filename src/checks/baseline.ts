import { compareVersions } from '../ecosystems/conventions/compare.ts';
import type { Version } from '../ecosystems/conventions/conventions.ts';
import { conventionsOf } from '../ecosystems/conventions/index.ts';
import {
  lockedAgainst,
  lockedHashes,
  recordedHashes,
  type Baseline,
  type BaselinePackage,
  type BaselineState,
  type BaselineVersion,
  type PublishedVersion,
} from '../model/baseline.ts';
import { STABLE } from '../model/channel.ts';
import type { Dependency } from '../model/dependency.ts';
import { finding, type Finding } from '../model/finding.ts';
import { hashText } from '../model/hash.ts';
import { packageId, type VersionRef } from '../model/package.ts';
import type { Instant } from '../model/time.ts';
import { sameChannel } from './channels.ts';
import { entryDigest } from './entry-digest.ts';
import type { ExpectedIdentity } from './identity.ts';

/** What the baseline says of one dependency before anything is asked. */
export interface BaselineCheck {
  readonly state: BaselineState;
  readonly findings: readonly Finding[];
}

/**
 * Are these the bytes that were verified before? Then they are held, and what the registry said of them is not asked
 * again; a historical gap stays one. A lockfile entry of the same version with another hash of a file, another besides,
 * or none is not what was verified; files beside those that were are asked about. What a tarball carries has no hash of
 * its own, so a registry must say each time that it does; what was taken in despite a finding must show it each time;
 * an entry that claims something else than it did then is held against the published manifest again. Where the lockfile
 * can lock no hash, the registry is asked each time for the one it serves (`checkServed`). `reverify` holds nothing;
 * neither does an entry that is `recorded` and not of the `ruling` baseline, but other bytes than it has are a
 * contradiction all the same.
 */
export function checkBaseline(
  dependency: Dependency,
  { ruling, recorded }: { readonly ruling: Baseline; readonly recorded: Baseline | null },
  reverify: boolean,
): BaselineCheck {
  const check = checkEntry(dependency, ruling, reverify);
  if (check.state !== 'uncovered' || recorded === null || recorded === ruling) return check;
  const other = checkEntry(dependency, recorded, reverify);
  return other.state === 'rewritten' ? other : check;
}

function checkEntry(dependency: Dependency, baseline: Baseline, reverify: boolean): BaselineCheck {
  const known = baseline.packages.get(packageId(dependency));
  const entry = known?.versions.get(dependency.version);
  if (entry === undefined) return { state: 'uncovered', findings: [] };
  const [{ source, archive }] = dependency.artifacts;
  if (archive !== undefined) return { state: 'known', findings: [] };
  const standing = lockedAgainst(dependency, entry);
  if (standing === 'other') {
    const args = { baseline: recordedHashes(entry), locked: lockedHashes(dependency) };
    return { state: 'rewritten', findings: [finding('integrity-rewritten', args)] };
  }
  const { bundles } = dependency;
  const isSameEntry = entry.entry?.hex === entryDigest(dependency).hex;
  const isOpen = source.kind !== 'registry' || bundles.length > 0 || entry.despite !== undefined;
  const asked = reverify || isOpen || !isSameEntry || standing === 'more';
  if (asked) return { state: 'known', findings: [] };
  const { hasProvenance } = conventionsOf(dependency.ecosystem);
  return { state: 'held', findings: hasProvenance ? gap(entry, known?.since ?? null) : [] };
}

/**
 * Does the registry still serve the hash that was recorded, where the lockfile can lock none? Then the baseline is what
 * locks it. `served` is hex, null where there is no one SHA-512.
 */
export function checkServed(
  { version, artifacts: [{ archive }] }: Dependency,
  served: string | null,
  known: BaselinePackage | null,
): Finding | null {
  const entry = archive === undefined ? undefined : known?.versions.get(version);
  if (entry === undefined) return null;
  const args = {
    baseline: recordedHashes(entry),
    locked: served === null ? '' : hashText({ algorithm: 'sha512', hex: served }),
  };
  return args.locked === args.baseline ? null : finding('integrity-rewritten', { ...args, source: 'registry' });
}

function gap({ provenance, published }: BaselineVersion, since: PublishedVersion | null): readonly Finding[] {
  if (!('earlier' in provenance)) return [];
  return [finding('provenance-missing', { earlier: provenance.earlier, ...firstAfter(since, published) })];
}

/** The first version with provenance, where it is known to have been published after `published`. */
export function firstAfter(since: PublishedVersion | null, published: Instant | null): { readonly first?: string } {
  const first = since?.published ?? null;
  const isAfter = first !== null && published !== null && first > published;
  return since !== null && isAfter ? { first: since.version } : {};
}

/** A version that the baseline is asked about. */
type Asked = Pick<VersionRef, 'ecosystem' | 'version'>;

/**
 * The version of the baseline to compare a new one with: the highest lower one, of its release line if there is one.
 */
export function recordedBefore({ versions }: BaselinePackage, { ecosystem, version }: Asked): string | null {
  const { parse } = conventionsOf(ecosystem).versions;
  const asked = parse(version);
  if (asked === null) return null;
  const lower = [...versions.keys()]
    .flatMap((one) => {
      const parsed = parse(one);
      return parsed === null || compareVersions(parsed, asked) >= 0 ? [] : [{ version: one, parsed }];
    })
    .sort((a, b) => compareVersions(b.parsed, a.parsed));
  return (lower.find(({ parsed }) => parsed.line === asked.line) ?? lower[0])?.version ?? null;
}

/** What was proven of a package before. */
interface Proven extends PublishedVersion {
  readonly parsed: Version;
  readonly identity: ExpectedIdentity['identity'] | null;
}

/** Highest version first, and since when the package is known to have provenance. */
function provenBefore({ versions, since }: BaselinePackage, below: Asked): readonly Proven[] {
  const proven: Omit<Proven, 'parsed'>[] = [...versions].flatMap(([version, { provenance, published }]) =>
    provenance.identity === null ? [] : [{ version, published, identity: provenance.identity }],
  );
  const lost = [...versions.values()].flatMap(({ provenance }) => ('lost' in provenance ? [provenance.lost] : []));
  for (const one of since === null ? lost : [since, ...lost]) {
    if (!proven.some(({ version }) => version === one.version)) proven.push({ ...one, identity: null });
  }
  const { parse } = conventionsOf(below.ecosystem).versions;
  return proven
    .flatMap((one) => {
      const parsed = parse(one.version);
      return parsed === null || one.version === below.version ? [] : [{ ...one, parsed }];
    })
    .sort((a, b) => compareVersions(b.parsed, a.parsed));
}

/**
 * Who is expected to have built a version: who built it when it was taken in (who was expected then, where it was taken
 * in despite a finding), else who built the highest lower version of its channel that the baseline has, else who built
 * that channel last. Of a channel that the baseline has nothing of, another one's builder shows the repository.
 */
export function expectedIdentity(known: BaselinePackage | null, asked: Asked): ExpectedIdentity | null {
  if (known === null) return null;
  const { version, ecosystem } = asked;
  const entry = known.versions.get(version);
  const same = entry?.provenance.identity ?? null;
  if (same !== null && entry?.despite !== undefined) {
    const { expected } = entry.despite;
    return expected === null ? null : { identity: expected, source: 'baseline' };
  }
  if (same !== null) return { identity: same, source: 'baseline', version };
  const parsed = conventionsOf(ecosystem).versions.parse(version);
  for (const lower of lowerOfLine(provenBefore(known, asked), parsed)) {
    const { identity, version: by } = lower;
    if (identity !== null && sameChannel(lower.parsed, parsed)) return { identity, source: 'baseline', version: by };
  }
  const name = parsed?.channel ?? STABLE;
  const own = name === STABLE ? known.identity : (known.channels.get(name) ?? null);
  if (own !== null) return { identity: own, source: 'baseline' };
  const [other = null] = [...(known.identity === null ? [] : [known.identity]), ...known.channels.values()];
  return other === null ? null : { identity: other, source: 'baseline', otherChannel: true };
}

/**
 * Was provenance there when the baseline was written? For a version without any, whatever the registry's history says
 * now. `published` is when that version was published: what is older than the first provenance has lost none.
 */
export function checkBaselineLoss(
  known: BaselinePackage | null,
  asked: Asked,
  published: Instant | null,
): Finding | null {
  const parsed = conventionsOf(asked.ecosystem).versions.parse(asked.version);
  if (known === null || parsed === null) return null;
  const proven = provenBefore(known, asked);
  const [predecessor] = lowerOfLine(proven, parsed);
  if (predecessor !== undefined) {
    return finding('provenance-lost', { predecessor: predecessor.version, published: predecessor.published });
  }
  const earlier = proven.find((one) => one.published === null || published === null || one.published < published);
  if (earlier === undefined) return null;
  return finding('provenance-lost-elsewhere', {
    version: earlier.version,
    sameLine: earlier.parsed.line === parsed.line,
    published: earlier.published,
  });
}

function lowerOfLine(proven: readonly Proven[], version: Version | null): readonly Proven[] {
  if (version === null) return [];
  return proven.filter(({ parsed }) => compareVersions(parsed, version) < 0 && parsed.line === version.line);
}

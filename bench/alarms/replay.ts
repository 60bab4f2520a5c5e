import { checkLoss } from '../../src/checks/loss.ts';
import { dependencyOf } from '../../src/compare.ts';
import type { Manifest, Packument } from '../../src/model/evidence.ts';
import type { FindingCode } from '../../src/model/finding.ts';
import { formatInstant, type Instant } from '../../src/model/time.ts';
import type { Level } from '../../src/model/verdict.ts';
import { judge } from '../../src/policy/enforce.ts';
import { strongerBefore } from './pnpm.ts';

/** What the rules said of one version on the day it was published. */
export interface Judged {
  readonly name: string;
  readonly version: string;
  readonly published: Instant;
  /** Null where the manifest claims provenance. `level` is the one of the phase `all`; `why` is for a person. */
  readonly assay: { readonly code: FindingCode; readonly level: Level; readonly why: string } | null;
  /** The earlier version with stronger evidence, for which pnpm's rule refuses this one. */
  readonly pnpm: string | null;
}

/** `undated`: versions without a time of publication, which have no place in the order and are left out. */
export interface Replay {
  readonly judged: readonly Judged[];
  readonly undated: number;
}

/**
 * Publishes every version of the documents again, in order of publication, and asks the rules about each as it appears.
 * The document they see has only what was published until then, so that no rule can know what came later.
 */
export function replay(packuments: readonly Packument[]): Replay {
  const releases = packuments.flatMap((packument) =>
    [...packument.versions.keys()].flatMap((version) => {
      const manifest = packument.versions.get(version);
      return manifest === undefined ? [] : [{ manifest, published: packument.time.get(version) ?? null }];
    }),
  );
  const dated = releases
    .filter((release): release is { manifest: Manifest; published: Instant } => release.published !== null)
    .sort((a, b) => a.published - b.published);

  const registry = new Map<
    string,
    { versions: Map<string, Manifest>; withProvenance: Set<string>; time: Map<string, Instant> }
  >();
  const judged = dated.map(({ manifest, published }): Judged => {
    const { name, version } = manifest;
    const known = registry.get(name) ?? { versions: new Map(), withProvenance: new Set(), time: new Map() };
    registry.set(name, known);
    known.versions.set(version, manifest);
    known.time.set(version, published);
    if (manifest.attestations?.provenance === true) known.withProvenance.add(version);
    const soFar: Packument = { name, distTags: {}, ...known };
    return { name, version, published, assay: askAssay(soFar, manifest), pnpm: strongerBefore(soFar, version) };
  });
  return { judged, undated: releases.length - dated.length };
}

/** What an audit asks about the history of a version whose manifest claims no provenance. */
function askAssay(soFar: Packument, manifest: Manifest): Judged['assay'] {
  if (manifest.attestations?.provenance === true) return null;
  const finding = checkLoss(soFar, manifest.version);
  const assessment = {
    // The rules replayed here look at nothing but its name and version.
    dependency: dependencyOf(manifest.name, manifest.version, []),
    proofs: { integrity: null, signature: null, publish: null, provenance: null },
    findings: [finding],
    baseline: null,
    release: null,
    registry: null,
    published: soFar.time.get(manifest.version) ?? null,
    capabilities: null,
  };
  const [leveled] = judge(assessment, { phase: 'all', policy: null, accepted: [], now: 0 }).findings;
  return { code: finding.code, level: leveled?.level ?? 'note', why: explain(finding, soFar, manifest) };
}

function explain(finding: ReturnType<typeof checkLoss>, soFar: Packument, manifest: Manifest): string {
  if (finding.code === 'provenance-lost') {
    const { predecessor } = finding.args;
    return `predecessor ${describe(soFar, predecessor)} had it; published by ${publisherOf(manifest)}`;
  }
  if (finding.code === 'provenance-lost-elsewhere') {
    const where = finding.args.sameLine ? 'in the same line' : 'in another line';
    return `${describe(soFar, finding.args.version)} had it, ${where}; published by ${publisherOf(manifest)}`;
  }
  return 'no earlier version had it';
}

function describe(packument: Packument, version: string): string {
  const time = packument.time.get(version);
  const day = time === undefined ? 'no date' : formatInstant(time).slice(0, 10);
  return `${version} (${day}, by ${publisherOf(packument.versions.get(version))})`;
}

function publisherOf(manifest: Manifest | undefined): string {
  const publisher = manifest?.publisher ?? null;
  if (publisher === null) return 'nobody named';
  return publisher.trustedPublisher === null ? publisher.name : `trusted publisher ${publisher.trustedPublisher}`;
}

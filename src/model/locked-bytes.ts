import { hash } from 'node:crypto';
import type { Artifact, Dependency } from './dependency.ts';
import { hashText, type Hash } from './hash.ts';
import type { VersionRef } from './package.ts';
import type { Proofs } from './proof.ts';
import { compareText, formatText } from './value.ts';

type LockedArtifact = Pick<Artifact, 'file' | 'digests'>;

/** A version and the bytes it is locked by. */
export interface LockedBytes extends VersionRef {
  readonly artifacts: readonly [LockedArtifact, ...LockedArtifact[]];
}

/**
 * What a decision about a version is bound to: the hashes that the lockfile gives or, where it can lock none, the one
 * that the registry was proven to have signed.
 */
export function bytesOf({
  dependency,
  proofs,
}: {
  readonly dependency: Dependency;
  readonly proofs: Proofs;
}): LockedBytes {
  const { ecosystem, name, version, artifacts } = dependency;
  const [{ file, archive }] = artifacts;
  if (archive === undefined || proofs.signature === null) return dependency;
  return { ecosystem, name, version, artifacts: [{ file, digests: [proofs.signature.integrity] }] };
}

/** Nobody finds other bytes of such a hash. */
const STRONG: ReadonlySet<string> = new Set(['sha256', 'sha384', 'sha512', 'h1'] satisfies Hash['algorithm'][]);

/** What keeps a version from being bound to by one hash; `count` is how many hashes that file has. */
export interface Unbound {
  readonly file: string | null;
  readonly count: number;
  /** Of the first of them; null where there is none. */
  readonly algorithm: Hash['algorithm'] | null;
}

/** The first of its files that is not locked by exactly one strong hash; null where each is. */
export function unboundFile({ artifacts }: LockedBytes): Unbound | null {
  const odd = artifacts.find(({ digests: [only, other] }) => !(only && STRONG.has(only.algorithm) && !other));
  if (odd === undefined) return null;
  return { file: odd.file, count: odd.digests.length, algorithm: odd.digests[0]?.algorithm ?? null };
}

/**
 * The one hash that stands for all bytes of a version (docs/assay-lock.md, Acceptances): that of its one file, or that
 * of the list of several. Null where a file has not exactly one hash, or a weak one.
 */
export function hashOfAll(locked: LockedBytes): Hash | null {
  if (unboundFile(locked) !== null) return null;
  const hashes = locked.artifacts.flatMap(({ file, digests }) => digests.map((one) => ({ file, hash: one })));
  const [first, ...others] = hashes;
  if (first === undefined || others.length === 0) return first?.hash ?? null;
  const lines = artifactValues(hashes).map((value) => `${value}\n`);
  return { algorithm: 'files', hex: hash('sha256', lines.join(''), 'hex') };
}

/** Files of a version with their hashes as text, in the order of an assay.lock. */
export function artifactValues(artifacts: readonly { readonly file: string | null; readonly hash: Hash }[]): string[] {
  return artifacts
    .map(({ file, hash: one }) => `${file === null ? '' : `${formatText(file)} `}${hashText(one)}`)
    .sort(compareText);
}
